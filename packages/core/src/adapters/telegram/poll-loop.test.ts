import assert from "node:assert/strict";
import { it } from "node:test";
import { systemClock } from "@adyton/runtime/clock";
import type { Update } from "grammy/types";
import { patientEvery, pollUpdates, takeTriesMax } from "./poll-loop.ts";
import type { PollManner } from "./telegram-client.ts";
import { timedOutCode, tooLargeCode } from "./trouble.ts";

const said = (update_id: number, chat: number, text: string): Update => ({
  update_id,
  message: {
    message_id: update_id,
    date: 0,
    chat: { id: chat, type: "private", first_name: "A" },
    from: { id: chat, is_bot: false, first_name: "A" },
    text,
  },
});

/** A messenger that shows two updates at a time, and forgets what an offset confirms. */
async function polled(
  updates: readonly Update[],
  take: (text: string) => Promise<"taken" | "later">,
): Promise<{ readonly taken: readonly string[]; readonly givenUp: readonly unknown[] }> {
  const end = new AbortController();
  const taken: string[] = [];
  const givenUp: unknown[] = [];
  let left = updates;
  let polls = 0;
  const client = {
    updates: (offset: number) => {
      left = left.filter(({ update_id }) => update_id >= offset);
      polls += 1;
      if (left.length === 0 || polls > 20) end.abort();
      return Promise.resolve({ kind: "done", value: left.slice(0, 2) } as const);
    },
  };
  const options = {
    client: () => client,
    take: async ({ message }: Update) => {
      const text = message?.text ?? "";
      const outcome = await take(text);
      if (outcome === "taken") taken.push(text);
      return outcome;
    },
    onGivenUp: (error: unknown) => void givenUp.push(error),
    onPolled: () => undefined,
    onFailure: () => undefined,
    clock: { ...systemClock, sleep: () => Promise.resolve() },
  };
  await pollUpdates(options, end.signal);
  return { taken, givenUp };
}

it("passes over an update that always fails, so that what is behind it is heard", async () => {
  let tries = 0;
  const { taken, givenUp } = await polled(
    [said(5, 1, "poison"), said(6, 1, "яд позади"), said(7, 2, "hello"), said(8, 2, "привет")],
    async (text) => {
      if (text !== "poison") return "taken";
      tries += 1;
      throw new Error("nobody foresaw it");
    },
  );
  assert.deepEqual([...new Set(taken)], ["яд позади", "hello", "привет"]);
  assert.equal(tries, takeTriesMax);
  assert.equal(givenUp.length, 1);
});

it("waits for what will pass, for as long as it takes", async () => {
  let tries = 0;
  const { taken, givenUp } = await polled([said(5, 1, "waits"), said(6, 1, "next")], async () => {
    tries += 1;
    return tries <= takeTriesMax + 2 ? "later" : "taken";
  });
  assert.deepEqual([taken, givenUp], [["waits", "next"], []]);
});

it("goes on behind an update that is no update at all", async () => {
  const malformed = { update_id: 5, message: { chat: null } } as unknown as Update;
  const { taken, givenUp } = await polled([malformed, said(6, 1, "heard")], async (text) => {
    if (text === "") throw new TypeError("it has no text");
    return "taken";
  });
  assert.deepEqual([[...new Set(taken)], givenUp.length], [["heard"], 1]);
});

it("asks for what is there at once after a failure, for one update when all together are too large", async () => {
  const end = new AbortController();
  const asked: PollManner[] = [];
  const tooLarge = { kind: "unknown", status: 0, retryAfterMs: 0, words: tooLargeCode } as const;
  const client = {
    updates: (_offset: number, _signal: AbortSignal, manner: PollManner) => {
      asked.push(manner);
      if (asked.length === 3) end.abort();
      return Promise.resolve(
        manner.isAlone
          ? ({ kind: "done", value: [] } as const)
          : ({ kind: "failed", failure: tooLarge } as const),
      );
    },
  };
  await pollQuietly(client, end.signal);
  assert.deepEqual(asked, [
    { isAlone: false, isProbe: false },
    { isAlone: true, isProbe: true },
    { isAlone: false, isProbe: false },
  ]);
});

it("hears again over a way that is slower than a probe waits", async () => {
  const end = new AbortController();
  const probes: boolean[] = [];
  const late = { kind: "unknown", status: 0, retryAfterMs: 0, words: timedOutCode } as const;
  const client = {
    updates: (_offset: number, _signal: AbortSignal, { isProbe }: PollManner) => {
      probes.push(isProbe);
      const isAnswered = probes.length > 1 && !isProbe;
      if (isAnswered || probes.length > 100) end.abort();
      return Promise.resolve(
        isAnswered
          ? ({ kind: "done", value: [] } as const)
          : ({ kind: "failed", failure: late } as const),
      );
    },
  };
  await pollQuietly(client, end.signal);
  assert.deepEqual(probes, [false, ...Array.from({ length: patientEvery - 1 }, () => true), false]);
});

/** Polls without a pause until the signal, and takes what comes. */
function pollQuietly(
  client: ReturnType<Parameters<typeof pollUpdates>[0]["client"]>,
  signal: AbortSignal,
): Promise<void> {
  const ignore = (): undefined => undefined;
  const clock = { ...systemClock, sleep: () => Promise.resolve() };
  const take = () => Promise.resolve("taken" as const);
  const told = { onGivenUp: ignore, onPolled: ignore, onFailure: ignore };
  return pollUpdates({ client: () => client, take, ...told, clock }, signal);
}
