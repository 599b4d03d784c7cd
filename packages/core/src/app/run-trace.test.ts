import assert from "node:assert/strict";
import { it } from "node:test";
import { traceStepsMax, traceTextCharsMax } from "@adyton/protocol";
import { followRun } from "./handlers/follow-run.ts";
import { LiveRun } from "./live-run.ts";
import { RunTrace } from "./run-trace.ts";
import { guardDefault, policyOf, openApp, question } from "./test/app-fixture.ts";

const step = { kind: "draft", verdict: "made", inTokens: 1, outTokens: 1, ms: 1 } as const;

async function traced() {
  const app = await openApp();
  const run = new LiveRun({
    id: "run_00000001",
    conversationKey: app.conversations.key(question("x").principal, "c"),
    submission: question("вопрос"),
    admittedMs: 0,
    policy: policyOf("RECURSIA"),
    turnsBefore: 0,
    guard: guardDefault,
  });
  const received = Promise.resolve(0);
  return { app, run, trace: new RunTrace({ journal: app.journal, run, received }) };
}

it("tells and writes so many steps and not one more", async () => {
  const { app, run, trace } = await traced();
  await using _ = app;
  for (let count = 0; count < traceStepsMax + 1; count += 1) trace.add(step);
  await trace.written();
  assert.equal(run.steps.length, traceStepsMax);
  assert.equal(app.records.headersAfter(0, traceStepsMax + 10, "run.step").length, traceStepsMax);
});

it("cuts a text at its limit and keeps the hash of the whole", async () => {
  const { app, run, trace } = await traced();
  await using _ = app;
  const whole = "ё".repeat(traceTextCharsMax);
  for (const textOut of [whole, `${whole}a`, `${whole}b`]) trace.add({ ...step, textOut });
  await trace.written();
  assert.deepEqual(
    run.steps.map(({ text }) => text),
    [whole, whole, whole],
  );
  assert.equal(new Set(run.steps.map(({ hashOut }) => hashOut)).size, 3);
});

it("is told again, whole, to whoever comes later or comes back", async () => {
  const { app, run, trace } = await traced();
  await using _ = app;
  run.started();
  trace.add(step);
  trace.add({ ...step, kind: "check", verdict: "pass" });
  run.delta("Ответ");
  const gone = new AbortController();
  const sent: string[] = [];
  const sink = {
    send: ({ event = "" }: { readonly event?: string }) => sent.push(event) > 0,
    drained: () => Promise.resolve(),
    signal: gone.signal,
  };
  gone.abort();
  await followRun(sink, run, 3);
  assert.deepEqual(sent, ["started", "trace", "trace", "delta"]);
});
