import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterEach, describe, it } from "node:test";
import { ManualClock } from "@adyton/runtime/clock";
import { Secret } from "@adyton/runtime/secret";
import { answerTime } from "@adyton/runtime/signed-time";
import { answerMsMax, RelayClock, skewMsMax } from "./relay-clock.ts";

const key = new Secret("k".repeat(64));
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, "close");
  }
});

/** Answers each question by `say`, on a port of its own. */
async function relay(
  say: (line: string) => string | undefined | Promise<string | undefined>,
): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    const answer = async (line: string): Promise<void> => void socket.end((await say(line)) ?? "");
    socket.once("data", (line) => void answer(line.toString()));
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : 0;
}

interface Watched {
  readonly watch: RelayClock;
  readonly clock: ManualClock;
  readonly changes: unknown[];
  readonly look: () => Promise<boolean>;
}

function watching(port: number, language: "en" | "ru" = "en"): Watched {
  const clock = new ManualClock();
  const changes: unknown[] = [];
  const onChange = (isRight: boolean, skewMs: number) => void changes.push([isRight, skewMs]);
  const watch = new RelayClock({ host: "127.0.0.1", port, key, language, clock, onChange });
  return { watch, clock, changes, look: () => watch.look(new AbortController().signal) };
}

describe("the clock beside the relay's", () => {
  const cases: readonly [name: string, skewMs: number, status: string, en: RegExp, ru: RegExp][] = [
    ["agrees", 0, "ok", /agrees/, /совпадают/],
    ["is ahead by what may be", skewMsMax, "ok", /120 s ahead/, /спешат на 120 с/],
    ["is ahead by more", skewMsMax + 1, "degraded", /120 s ahead/, /спешат на 120 с/],
    ["is behind by what may be", -skewMsMax, "ok", /120 s behind/, /отстают на 120 с/],
    ["is behind by more", -skewMsMax - 1, "degraded", /120 s behind/, /отстают на 120 с/],
    ["lost a year", -365 * 86_400_000, "degraded", /31536000 s behind/, /отстают/],
  ];
  for (const [name, skewMs, status, en, ru] of cases)
    it(name, async () => {
      for (const [language, words] of [["en", en] as const, ["ru", ru] as const]) {
        const start = new ManualClock().nowMs();
        const port = await relay((line) => answerTime(key, line, start - skewMs));
        const { watch, look } = watching(port, language);
        assert.equal(await look(), true);
        const part = watch.health();
        assert.deepEqual([part.name, part.status], ["clock", status]);
        assert.match(part.detail ?? "", words);
      }
    });

  it("takes off what the answer took", async () => {
    const start = new ManualClock().nowMs();
    const slow: ManualClock[] = [];
    const port = await relay(async (line) => {
      await slow[0]?.advance(answerMsMax - 1);
      return answerTime(key, line, start - skewMsMax);
    });
    const { watch, clock, look } = watching(port);
    slow.push(clock);
    assert.equal(await look(), true);
    assert.equal(watch.health().status, "ok");
    assert.match(watch.health().detail ?? "", /120 s ahead/);
  });

  it("tells of a change once, and of its end", async () => {
    let offMs = 0;
    const start = new ManualClock().nowMs();
    const port = await relay((line) => answerTime(key, line, start + offMs));
    const { watch, changes, look } = watching(port);
    for (offMs of [0, skewMsMax + 1, skewMsMax + 2, 0, 0]) await look();
    assert.deepEqual(changes, [
      [false, -skewMsMax - 1],
      [true, 0],
    ]);
    assert.equal(watch.health().since, undefined);
  });

  const silent: readonly [name: string, say: (line: string) => string | undefined][] = [
    ["nothing", () => undefined],
    ["another's answer", (line) => answerTime(new Secret("x".repeat(64)), line, 0)],
    ["something else", () => "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["a long line", () => "x".repeat(10_000)],
  ];
  for (const [name, say] of silent)
    it(`judges nothing by ${name}`, async () => {
      const { watch, changes, look } = watching(await relay(say));
      assert.equal(await look(), false);
      assert.deepEqual([watch.health().status, changes], ["ok", []]);
      assert.match(watch.health().detail ?? "", /not told/);
    });

  it("judges nothing by a relay that is not there", async () => {
    const port = await relay(() => undefined);
    const [server] = servers.splice(0);
    server?.close();
    const { look } = watching(port);
    assert.equal(await look(), false);
  });

  it("asks sooner while the clock is wrong", async () => {
    const start = new ManualClock().nowMs();
    let answers = 0;
    // Right again with the second answer.
    const port = await relay((line) =>
      answerTime(key, line, start - ((answers += 1) === 1 ? 2 * skewMsMax : 0)),
    );
    const { watch, clock } = watching(port);
    const slept: number[] = [];
    const { promise: twice, resolve } = Promise.withResolvers<void>();
    clock.sleep = (ms, signal) => {
      slept.push(ms);
      if (slept.length === 1) return Promise.resolve();
      resolve();
      return new Promise((_, reject) => signal?.addEventListener("abort", reject));
    };
    await using _ = watch;
    watch.start();
    await twice;
    assert.deepEqual(slept, [30_000, 300_000]);
  });

  it("asks again after a while", async () => {
    const { promise: asked, resolve: askedThrice } = Promise.withResolvers<void>();
    let questions = 0;
    const port = await relay((line) => {
      questions += 1;
      if (questions === 3) askedThrice();
      return answerTime(key, line, new ManualClock().nowMs());
    });
    const { watch, clock } = watching(port);
    await using _ = watch;
    watch.start();
    const passing = setInterval(() => void clock.advance(10_000), 1);
    await asked;
    clearInterval(passing);
  });
});
