import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MessageRequest } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import type { CallOf, Reply } from "../../ports/http.ts";
import { KeyedTurns } from "../keyed-turns.ts";
import { HeldBackend, openApp, type OpenApp, until } from "../test/app-fixture.ts";
import { HeldJournal } from "../test/held-journal.ts";
import { owner } from "../tokens.ts";
import { talkHandlers } from "./talk.ts";

type Call = CallOf<"sendMessage">;

function talk(app: OpenApp) {
  const { commands, conversations, turns, runs, idempotency } = app;
  const recovered = Promise.resolve();
  return talkHandlers({
    commands,
    conversations,
    turns,
    keyed: new KeyedTurns({ turns, idempotency, recovered }),
    runs,
    idempotency,
    recovered,
    language: "en",
    now: () => app.clock.ms,
  });
}

function call(text: string, more: Partial<Call> & { readonly body?: MessageRequest } = {}): Call {
  return {
    principal: owner,
    params: undefined,
    query: undefined,
    body: { text, conversation: "c" },
    fingerprint: Buffer.from(text),
    wantsStream: false,
    signal: new AbortController().signal,
    ...more,
  };
}

function bodyOf(reply: Reply): Record<string, unknown> {
  assert.ok(reply.kind === "json", JSON.stringify(reply));
  return Object(reply.body);
}

describe("a message", () => {
  it("of a caller who is gone already, or goes, is not answered", async () => {
    const backend = new HeldBackend();
    await using app = await openApp({ backend });
    const handlers = talk(app);
    const gone = await handlers.sendMessage(call("a", { signal: AbortSignal.abort() }));
    assert.ok(gone.kind === "problem" && gone.problem.code === "cancelled");
    const leaving = new AbortController();
    const reply = handlers.sendMessage(call("b", { signal: leaving.signal }));
    await until("the call", () => backend.open.length === 1);
    leaving.abort();
    const left = await reply;
    assert.ok(left.kind === "problem" && left.problem.code === "cancelled");
  });

  it("of one key is asked once, and ends only with its last caller", async () => {
    const backend = new HeldBackend();
    await using app = await openApp({ backend });
    const handlers = talk(app);
    const [first, second] = [new AbortController(), new AbortController()];
    const keyed = (signal: AbortSignal, more: Partial<Call> = {}) =>
      handlers.sendMessage(call("q", { signal, idempotencyKey: "k", ...more }));
    const replies = [keyed(first.signal), keyed(second.signal, { preferAsyncAfterMs: 0 })];
    await until("the call", () => backend.open.length === 1);
    await assert.rejects(
      handlers.sendMessage(call("other", { idempotencyKey: "k" })),
      (error) => error instanceof ProblemError && error.problem.code === "idempotency_mismatch",
    );
    first.abort();
    backend.open[0]?.answer("ответ");
    const answers = (await Promise.all(replies)).map(bodyOf);
    // The turn is not on disk before its answer, so nobody is told 202.
    assert.deepEqual(answers[0], answers[1]);
    assert.equal(answers[0]?.["text"], "ответ");
    const again = await keyed(new AbortController().signal);
    assert.deepEqual(bodyOf(again), answers[0]);
    assert.ok(again.kind === "json" && again.headers?.["Idempotent-Replayed"] === "true");
    assert.equal(backend.requests.length, 1);
    const cancelled = new AbortController();
    const lonely = handlers.sendMessage(
      call("z", { signal: cancelled.signal, idempotencyKey: "z" }),
    );
    await until("the call", () => backend.open.length === 2);
    cancelled.abort();
    assert.equal((await lonely).kind, "problem");
  });

  it("is acknowledged with 202 once it is on disk, and not when it cannot be", async () => {
    const backend = new HeldBackend();
    let gate: HeldJournal | undefined;
    await using app = await openApp({
      backend,
      wrap: (journal) => (gate = new HeldJournal(journal)),
    });
    const handlers = talk(app);
    const reply = await handlers.sendMessage(call("a", { preferAsyncAfterMs: 0 }));
    assert.ok(reply.kind === "json" && reply.status === 202);
    const { id, status } = bodyOf(reply);
    assert.equal(reply.headers?.["Location"], `/api/v1/runs/${String(id)}`);
    assert.ok(status === "queued" || status === "running");
    assert.equal(app.records.lastSeq(), 1);
    assert.ok(gate);
    gate.fault = "storage_full";
    const refused = await handlers.sendMessage(
      call("b", { body: { text: "b", conversation: "d" }, preferAsyncAfterMs: 0 }),
    );
    assert.ok(refused.kind === "problem" && refused.problem.code === "storage_full");
  });

  it("that is a command is one, and an unknown command is told", async () => {
    await using app = await openApp({ backend: new HeldBackend() });
    const handlers = talk(app);
    const keyed = { idempotencyKey: "n" };
    const first = bodyOf(await handlers.sendMessage(call("/new", keyed)));
    assert.deepEqual([first["answeredBy"], first["conversation"]], ["command", "c"]);
    assert.equal(bodyOf(await handlers.sendMessage(call("/new", keyed)))["id"], first["id"]);
    for (const text of ["/неизвестно", "/unknown x"])
      await assert.rejects(
        handlers.sendMessage(call(text)),
        (error) => error instanceof ProblemError && error.problem.code === "unknown_command",
      );
    assert.equal(app.turns.running, 0);
  });
});
