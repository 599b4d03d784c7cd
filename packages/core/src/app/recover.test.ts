import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { conversationQueueMax } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import type { LiveRun } from "./live-run.ts";
import { recoverRuns } from "./recover.ts";
import { HeldBackend, openApp, type OpenApp, question, until } from "./test/app-fixture.ts";
import { owner } from "./tokens.ts";

const key = { key: Buffer.alloc(32, 7), fingerprint: Buffer.alloc(32, 1) };

function types(app: OpenApp): string[] {
  return app.records.after(0, 500).map((record) => record.type);
}

async function ending(run: LiveRun): Promise<string> {
  const end = await run.end;
  return end.kind === "answered" ? end.answer.text : end.problem.code;
}

describe("a stop of the node", () => {
  it("lets turns end within the grace, and takes in nothing new", async () => {
    const backend = new HeldBackend(1);
    await using app = await openApp({ backend });
    const runs = ["a", "b"].map((text) => app.turns.submit(question(text)));
    const drained = app.turns.drain(60_000);
    assert.throws(
      () => app.turns.submit(question("late")),
      (error) => error instanceof ProblemError && error.problem.code === "stopping",
    );
    backend.instant = "answer";
    await until("the call", () => backend.open.length > 0);
    backend.open[0]?.answer("answer");
    await drained;
    assert.deepEqual(await Promise.all(runs.map(ending)), ["answer", "answer"]);
  });

  it("ends what hangs after the grace, also turns that never started", async () => {
    const backend = new HeldBackend(1);
    await using app = await openApp({ backend });
    const runs = ["a", "b", "c"].map((text) => app.turns.submit(question(text)));
    await app.turns.drain(0);
    assert.deepEqual(await Promise.all(runs.map(ending)), Array(3).fill("interrupted"));
    assert.equal(types(app).filter((type) => type === "turn.failed").length, 3);
  });

  it("leaves detached turns to the next process, once", async () => {
    const home = mkdtempSync(join(tmpdir(), "adyton-app-"));
    const backend = new HeldBackend(1);
    await using before = await openApp({ home, backend });
    await before.commands.execute({
      principal: owner,
      command: "prompt",
      args: { text: "Be brief.", lifetime: { turns: 1, seconds: 60 } },
      conversation: "c",
    });
    const more = Array.from({ length: conversationQueueMax }, (_, n) => `q${n}`);
    const first = before.turns.submit(question("q", { detached: true, dedupe: key }));
    await until("the call", () => backend.open.length === 1);
    const waiting = more.map((text) => before.turns.submit(question(text, { detached: true })));
    await Promise.all([first, ...waiting].map(async (run) => run.received));
    await before.close();
    assert.equal(await ending(first), "interrupted");

    const next = new HeldBackend(1, "resumed");
    await using app = await openApp({ home, backend: next });
    assert.ok(!types(app).includes("turn.failed"));
    assert.equal(app.idempotency.look(key).kind, "begun");
    const { journal, records, tokens, turns } = app;
    const recover = () =>
      recoverRuns({
        language: "en",
        journal,
        records,
        tokens,
        turns,
        unfinished: app.state.unfinishedRuns(),
        now: Date.now,
      });
    const all = waiting.length + 1;
    assert.deepEqual(await recover(), { resumed: all, interrupted: 0 });
    await until("the end", () => turns.live(waiting.at(-1)?.id ?? "") === undefined);
    await app.turns.drain(60_000);
    assert.equal(types(app).filter((type) => type === "turn.answered").length, all);
    assert.equal(app.idempotency.look(key).kind, "answered");
    const asked = next.requests.map(({ messages }) => messages.at(-1)?.content);
    assert.deepEqual(asked, ["q", ...more], "in the order in which they came");
    assert.equal(app.conversations.turns(first.conversationKey), all);
    assert.deepEqual(await recover(), { resumed: 0, interrupted: 0 });
  });

  it("takes up a turn that only waited as often as the node dies", async () => {
    const home = mkdtempSync(join(tmpdir(), "adyton-app-"));
    const texts = ["first", "второй"];
    // The folder goes with the first of them.
    await using stack = new AsyncDisposableStack();
    for (let death = 0; death < 4; death += 1) {
      const backend = new HeldBackend(1);
      const app = stack.use(await openApp({ home, backend }));
      const { journal, records, tokens, turns, state } = app;
      if (death === 0) {
        const runs = texts.map((text) => turns.submit(question(text, { detached: true })));
        await Promise.all(runs.map(async (run) => run.received));
      }
      const unfinished = death === 0 ? [] : state.unfinishedRuns();
      const options = { journal, records, tokens, turns, unfinished, language: "en" } as const;
      const { interrupted } = await recoverRuns({ ...options, now: Date.now });
      assert.equal(interrupted, death === 3 ? 1 : 0, "the first was begun three times");
      await until("the call", () => backend.open.length === 1);
      const [asked] = backend.requests;
      assert.equal(asked?.messages.at(-1)?.content, death === 3 ? "второй" : "first");
      await app.close();
    }
  });

  it("records as interrupted what has no caller, no token, or was tried before", async () => {
    const backend = new HeldBackend(1);
    await using app = await openApp({ backend });
    const turn = (run: string, actor: string, detached: boolean) =>
      app.journal.append({
        records: [
          {
            owner: "owner",
            actor,
            tier: "owner",
            conversation: "cv_x",
            class: "message",
            origin: "node",
            type: "turn.received",
            facts: { run, mode: "DIRECT", detached },
            data: { conversation: "x", text: "вопрос" },
          },
        ],
      });
    await turn("run_a", "owner", false);
    await turn("run_b", "token:gone", true);
    await turn("run_c", "owner", true);
    const { journal, records, tokens, turns, state } = app;
    const unfinished = state
      .unfinishedRuns()
      .map((run) => (run.id === "run_c" ? { ...run, attempts: 3 } : run));
    assert.deepEqual(
      await recoverRuns({
        journal,
        records,
        tokens,
        turns,
        unfinished,
        language: "en",
        now: Date.now,
      }),
      { resumed: 0, interrupted: 3 },
    );
    assert.equal(state.unfinishedRuns().length, 0);
    assert.equal(state.run("run_a")?.status, "interrupted");
    assert.equal(turns.waiting + turns.running, 0);
  });
});
