import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MessageAnswer } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import type { StreamSink } from "../../ports/http.ts";
import { LiveRun } from "../live-run.ts";
import { guardDefault, policyOf, question, until } from "../test/app-fixture.ts";
import { beginning, watchAnswer } from "./watched-answer.ts";

const begun = (): LiveRun =>
  new LiveRun({
    id: "run_0123456789",
    conversationKey: "cv_1",
    submission: question("Вопрос", { watched: true }),
    admittedMs: 0,
    policy: policyOf("DIRECT"),
    turnsBefore: 0,
    // Every piece is told as it comes.
    guard: { ...guardDefault, isOff: true },
  });

const answer = (text: string): MessageAnswer => ({
  id: "run_0123456789",
  conversation: "c",
  text,
  mode: "DIRECT",
  answeredBy: "model",
  finish: "stop",
  ms: 1,
});

function watch(run: LiveRun) {
  const gone = new AbortController();
  const sink: StreamSink = { send: () => true, drained: async () => {}, signal: gone.signal };
  const pieces: string[] = [];
  const done = watchAnswer(run, sink, { language: "ru", onText: (text) => pieces.push(text) });
  return { pieces, done, leave: () => gone.abort() };
}

describe("watching an answer", () => {
  it("hands on what was there, what comes, and what was never told piece by piece", async () => {
    const run = begun();
    run.delta("Ра");
    const { pieces, done } = watch(run);
    run.delta("з, ");
    run.finish({ kind: "answered", answer: answer("Раз, два") });
    assert.equal((await done)?.text, "Раз, два");
    assert.deepEqual(pieces, ["Ра", "з, ", "два"]);
  });

  it("does not repeat what turned out to be reasoning", async () => {
    const run = begun();
    const { pieces, done } = watch(run);
    run.delta("Let me think.");
    run.finish({ kind: "answered", answer: answer("Yes.") });
    assert.equal((await done)?.text, "Yes.");
    assert.deepEqual(pieces, ["Let me think."]);
  });

  it("fails when what was shown is taken back, and not when nothing was", async () => {
    const run = begun();
    const { done } = watch(run);
    run.restart();
    run.delta("Раз");
    run.restart();
    await assert.rejects(
      done,
      (error) =>
        error instanceof ProblemError &&
        error.problem.code === "backend_unavailable" &&
        /заново/.test(error.problem.detail ?? ""),
    );
  });

  it("ends with its client", async () => {
    const run = begun();
    const { pieces, done, leave } = watch(run);
    leave();
    assert.equal(await done, undefined);
    run.delta("late");
    assert.deepEqual(pieces, []);
  });
});

describe("the beginning of a stream", () => {
  it("is the first piece, or the end before it", async () => {
    const early = begun();
    const first = beginning(early);
    early.delta("Раз");
    assert.equal(await first, undefined);
    assert.equal(await beginning(early), undefined);
    const ended = begun();
    const end = beginning(ended);
    ended.finish({ kind: "answered", answer: answer("Раз") });
    assert.equal((await end)?.kind, "answered");
  });

  it("is waited for no longer than its time", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let isOver = false;
    const silent = beginning(begun()).then(() => (isOver = true));
    t.mock.timers.tick(4_999);
    await Promise.resolve();
    assert.equal(isOver, false);
    t.mock.timers.tick(1);
    await silent;
    await until("the end", () => isOver);
  });
});
