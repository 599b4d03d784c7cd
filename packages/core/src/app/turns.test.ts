import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { conversationQueueMax } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import { describeSelf, selfInWords } from "./describe-self.ts";
import type { LiveRun, Submission } from "./live-run.ts";
import { HeldBackend, openApp, type OpenApp, person, question, until } from "./test/app-fixture.ts";
import { HeldJournal } from "./test/held-journal.ts";
import { local, owner } from "./tokens.ts";

const key = (byte: number, content = 1) => ({
  key: Buffer.alloc(32, byte),
  fingerprint: Buffer.alloc(32, content),
});

function types(app: OpenApp): string[] {
  return app.records.after(0, 500).map((record) => record.type);
}

async function ending(run: LiveRun): Promise<string> {
  const end = await run.end;
  return end.kind === "answered" ? end.answer.text : end.problem.code;
}

async function gated(backend: HeldBackend, wallMs = 60_000) {
  let gate: HeldJournal | undefined;
  const app = await openApp({
    backend,
    wallMs,
    wrap: (journal) => (gate = new HeldJournal(journal)),
  });
  assert.ok(gate);
  return { app, gate };
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}

let timersBefore = 0;
beforeEach(() => {
  timersBefore = timers();
});
afterEach(() => assert.ok(timers() <= timersBefore, "no timer is left"));

describe("a turn", () => {
  it("writes question and answer with one commit, and is forgotten once it ended", async () => {
    const backend = new HeldBackend();
    const { app, gate } = await gated(backend);
    await using _ = app;
    const run = app.turns.submit(question("Как дела?"));
    await until("the call", () => backend.open.length === 1);
    assert.equal(gate.groups.length, 0, "nothing is written while it runs");
    assert.equal(app.runs.find(run.id, owner)?.status, "running");
    backend.open[0]?.answer("Хорошо.");
    assert.equal(await ending(run), "Хорошо.");
    assert.deepEqual(
      gate.groups.map(({ records }) => records.map(({ type }) => type)),
      [["turn.received", "turn.answered"]],
    );
    assert.equal(app.turns.live(run.id), undefined);
    const found = app.runs.find(run.id, owner);
    assert.equal(found?.answer?.text, "Хорошо.");
    assert.equal(app.runs.find(run.id, person("other")), undefined);
  });

  it("is written down after a second, so that a crash leaves a trace of it", async (t) => {
    const backend = new HeldBackend();
    const { app, gate } = await gated(backend);
    await using _ = app;
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const run = app.turns.submit(question("slow"));
    t.mock.timers.tick(999);
    assert.equal(gate.groups.length, 0);
    t.mock.timers.tick(1);
    assert.equal(gate.groups.length, 1);
    await until("the call", () => backend.open.length === 1);
    backend.open[0]?.answer("done");
    assert.equal(await ending(run), "done");
    assert.deepEqual(types(app), ["turn.received", "turn.answered"]);
  });

  it("is not written twice when its second is over while its end is on the way to disk", async (t) => {
    const backend = new HeldBackend(4, "done");
    const { app, gate } = await gated(backend);
    await using _ = app;
    const disk = Promise.withResolvers<void>();
    // Also when an assertion fails: the node could not stop otherwise.
    using release = { [Symbol.dispose]: disk.resolve };
    gate.hold = disk.promise;
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const run = app.turns.submit(question("quick"));
    await until("the commit", () => gate.groups.length === 1);
    t.mock.timers.tick(120_000);
    assert.equal(app.turns.cancel(run), false, "an end that is settled is not stopped");
    release[Symbol.dispose]();
    assert.equal(await ending(run), "done");
    assert.deepEqual(types(app), ["turn.received", "turn.answered"]);
  });

  it("is cancelled while it waits, while it runs, and in the moment of its answer", async () => {
    const backend = new HeldBackend(1);
    await using app = await openApp({ backend });
    const first = app.turns.submit(question("first"));
    const second = app.turns.submit(question("second"));
    const third = app.turns.submit(question("third", { conversation: "d" }));
    await until("the call", () => backend.open.length === 1);
    assert.deepEqual([first.state, second.state, second.ahead], ["running", "waiting", 1]);
    assert.equal(app.turns.cancel(second), true);
    assert.equal(await ending(second), "cancelled");
    assert.equal(app.turns.cancel(second), false);
    // The backend heeds no signal: the run ends all the same, and the next one starts.
    assert.equal(app.turns.cancel(first), true);
    assert.equal(await ending(first), "cancelled");
    await until("the next call", () => backend.open.length === 2);
    backend.open[1]?.answer("too late");
    assert.equal(app.turns.cancel(third), true);
    assert.equal(await ending(third), "cancelled");
    assert.deepEqual(types(app).filter((type) => type === "turn.failed").length, 3);
    assert.equal(app.turns.running + app.turns.waiting, 0);
  });

  it("ends with its budget, waiting included", async (t) => {
    const backend = new HeldBackend(1);
    await using app = await openApp({ backend, wallMs: 5_000 });
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const running = app.turns.submit(question("a"));
    const waiting = app.turns.submit(question("b"));
    await until("the call", () => backend.open.length === 1);
    t.mock.timers.tick(4_999);
    assert.deepEqual([running.state, waiting.state], ["running", "waiting"]);
    t.mock.timers.tick(1);
    assert.deepEqual(await Promise.all([running, waiting].map(ending)), [
      "budget_exhausted",
      "budget_exhausted",
    ]);
  });

  it("tells a disk that failed, keeps the end, and refuses nothing once the disk is back", async () => {
    const backend = new HeldBackend(4, "answer");
    const { app, gate } = await gated(backend);
    await using _ = app;
    gate.fault = "storage_full";
    const lost = app.turns.submit(question("a"));
    const detached = app.turns.submit(question("b", { detached: true, conversation: "d" }));
    await assert.rejects(detached.received ?? Promise.resolve(1));
    assert.deepEqual(await Promise.all([lost, detached].map(ending)), [
      "storage_full",
      "storage_full",
    ]);
    assert.equal(backend.requests.length, 1, "what is not on disk is not run");
    assert.equal(app.runs.find(lost.id, owner)?.status, "failed");
    gate.fault = undefined;
    assert.equal(await ending(app.turns.submit(question("c"))), "answer");
    assert.deepEqual(types(app), ["turn.received", "turn.answered"]);
    assert.deepEqual(app.unexpected, []);
  });

  for (const detached of [false, true])
    it(`is recorded as failed when its answer fits no record, ${detached ? "detached" : "short"}`, async () => {
      const home = mkdtempSync(join(tmpdir(), "adyton-app-"));
      // A control character takes six bytes in a record.
      const backend = new HeldBackend(4, "\u0001".repeat(1_100_000));
      await using app = await openApp({ backend, home });
      const run = app.turns.submit(question("q", { detached }));
      assert.equal(await ending(run), "backend_invalid");
      assert.deepEqual(types(app), ["turn.received", "turn.failed"]);
      assert.equal(app.runs.find(run.id, owner)?.problem?.code, "backend_invalid");
      assert.deepEqual(app.state.unfinishedRuns(), [], "the next process does not run it again");
      assert.deepEqual(app.unexpected, []);
    });

  it("names a model that is a file by its path to the owner alone", async () => {
    const path = "/home/alice/x.gguf";
    const backend = Object.assign(new HeldBackend(4, "ответ"), { model: path });
    await using app = await openApp({ backend });
    for (const [principal, shown] of [
      [owner, path],
      [local, "x.gguf"],
      [person("anna"), "x.gguf"],
    ] as const) {
      const end = await app.turns.submit(question("q", { principal })).end;
      assert.equal(end.kind === "answered" && end.answer.model, shown, principal.id);
      const self = describeSelf(app.describe, principal);
      assert.deepEqual([self.subject.model, self.backends[0]?.model], [shown, shown]);
      const isTold = selfInWords(self, "ru").includes("alice");
      assert.equal(isTold, principal === owner);
    }
  });

  it("keeps nothing of an answer that could not be written", async () => {
    const backend = new HeldBackend(4, "ответ");
    const { app, gate } = await gated(backend);
    await using _ = app;
    gate.fault = "storage_full";
    const run = app.turns.submit(question("вопрос"));
    assert.equal(await ending(run), "storage_full");
    assert.equal(app.turns.live(run.id), undefined);
    const kept = app.turns.unrecorded.find(run.id);
    assert.equal(kept?.run.status, "failed");
    assert.doesNotMatch(JSON.stringify(kept), /ответ|вопрос/);
    assert.equal(app.runs.find(run.id, person("other")), undefined);
  });

  it("is refused when its queue is full, and counts for nothing then", async () => {
    const backend = new HeldBackend(1);
    await using app = await openApp({ backend });
    const ids = Array.from({ length: conversationQueueMax + 1 }, (_, n) => n);
    const submit = (n: number): LiveRun => app.turns.submit(question(`q${n}`));
    submit(-1);
    await until("the call", () => backend.open.length === 1);
    for (const n of ids.slice(1)) submit(n);
    assert.throws(
      () => submit(0),
      (error) => error instanceof ProblemError && error.problem.code === "busy",
    );
    const name = app.conversations.key(owner, "c");
    assert.equal(app.conversations.turns(name), conversationQueueMax + 1);
    assert.throws(
      () => app.turns.submit(question("x", { mode: "NONE", conversation: "d" })),
      (error) => error instanceof ProblemError && error.problem.code === "unknown_mode",
    );
  });
});

it("quoting is explained by what holds: the conversation's mode, the message's, or no model", async () => {
  const ask = async (app: OpenApp, more: Partial<Submission> = {}) => {
    const end = await app.turns.submit(question("кенгуру и квазары", more)).end;
    assert.ok(end.kind === "answered" && end.answer.found === false);
    return end.answer.text;
  };
  await using app = await openApp({ backend: new HeldBackend() });
  assert.match(await ask(app, { mode: "EXTRACTIVE" }), /спросите без режима/);
  const args = { mode: "EXTRACTIVE" };
  await app.commands.execute({ principal: owner, command: "switch_mode", args, conversation: "c" });
  assert.match(await ask(app), /restore_mode/);
  await using bare = await openApp();
  assert.match(await ask(bare), /Модель не подключена/);
});

it("a model server that fails is told of in the node's language", async () => {
  const backend = new HeldBackend();
  await using app = await openApp({ backend, language: "ru" });
  const run = app.turns.submit(question("q"));
  await until("the call", () => backend.open.length === 1);
  const detail = { en: "It is away.", ru: "Его нет." };
  backend.open[0]?.end({ kind: "failed", reason: "unavailable", detail, started: false });
  const end = await run.end;
  assert.equal(end.kind === "failed" && end.problem.detail, detail.ru);
});

it("what stops a turn is told in the node's language", async () => {
  const backend = new HeldBackend(1);
  await using app = await openApp({ backend, language: "ru" });
  const first = app.turns.submit(question("first"));
  const waiting = Array.from({ length: conversationQueueMax - 1 }, () =>
    app.turns.submit(question("q")),
  );
  await until("the call", () => backend.open.length === 1);
  waiting.push(app.turns.submit(question("q")));
  assert.throws(
    () => app.turns.submit(question("q")),
    (error) =>
      error instanceof ProblemError &&
      (error.problem.detail ?? "").startsWith("В этой беседе уже ждут"),
  );
  for (const run of [...waiting, first]) app.turns.cancel(run);
  const end = await first.end;
  assert.match(end.kind === "failed" ? (end.problem.detail ?? "") : "", /^Ответ остановлен/);
});

describe("keys of turns", () => {
  it("are free after a failure, and answered once there is an answer", async () => {
    const backend = new HeldBackend();
    await using app = await openApp({ backend });
    const failing = app.turns.submit(question("q", { dedupe: key(1) }));
    await until("the call", () => backend.open.length === 1);
    backend.open[0]?.end({
      kind: "failed",
      reason: "unavailable",
      detail: { en: "away", ru: "нет" },
      started: false,
    });
    assert.equal(await ending(failing), "backend_unavailable");
    assert.equal(app.idempotency.look(key(1)).kind, "fresh");
    const again = app.turns.submit(question("q", { dedupe: key(1) }));
    await until("the call", () => backend.open.length === 2);
    backend.open[1]?.answer("yes");
    assert.equal(await ending(again), "yes");
    assert.equal(app.idempotency.look(key(1)).kind, "answered");
    assert.throws(
      () => app.idempotency.look(key(1, 2)),
      (error) => error instanceof ProblemError && error.problem.code === "idempotency_mismatch",
    );
  });

  it("that were claimed early are answered by the next attempt", async () => {
    const backend = new HeldBackend();
    await using app = await openApp({ backend });
    const first = app.turns.submit(question("q", { dedupe: key(2), detached: true }));
    await first.received;
    app.turns.cancel(first);
    assert.equal(await ending(first), "cancelled");
    assert.equal(app.idempotency.look(key(2)).kind, "begun");
    const second = app.turns.submit(question("q", { dedupe: key(2), keyClaimed: true }));
    await until("the call", () => backend.open.length === 1);
    backend.open[0]?.answer("yes");
    assert.equal(await ending(second), "yes");
    assert.equal(app.idempotency.look(key(2)).kind, "answered");
  });

  it("clash without a second effect when another request has them", async () => {
    const backend = new HeldBackend(4, "answer");
    await using app = await openApp({ backend });
    await app.turns.submit(question("q", { dedupe: key(3) })).end;
    const clash = app.turns.submit(question("other", { dedupe: key(3, 2) }));
    assert.equal(await ending(clash), "idempotency_mismatch");
    assert.equal(types(app).length, 2);
  });
});

describe("lifetimes in turns", () => {
  for (const detached of [false, true])
    it(`count ${detached ? "a detached" : "a short"} turn once`, async () => {
      const backend = new HeldBackend(4, "answer");
      await using app = await openApp({ backend });
      const name = "c";
      const lifetime = { turns: 2, seconds: 60 };
      const invoke = (command: "switch_mode" | "prompt", args: object) =>
        app.commands.execute({
          principal: owner,
          command,
          args: { ...args, lifetime },
          conversation: name,
        });
      await app.turns.submit(question("before", { detached })).end;
      await invoke("prompt", { text: "Be brief." });
      const systems: boolean[] = [];
      for (let turn = 0; turn < 3; turn += 1) {
        await app.turns.submit(question("q", { detached })).end;
        systems.push(backend.requests.at(-1)?.messages[0]?.content.includes("Be brief.") ?? false);
      }
      assert.deepEqual(systems, [true, true, false]);
      await invoke("switch_mode", { mode: "EXTRACTIVE" });
      const modes: string[] = [];
      for (let turn = 0; turn < 3; turn += 1) {
        const run = app.turns.submit(question("q", { detached }));
        await run.end;
        modes.push(run.mode);
      }
      assert.deepEqual(modes, ["EXTRACTIVE", "EXTRACTIVE", "DIRECT"]);
    });

  it("count turns that wait, whatever of them is on disk", async () => {
    const backend = new HeldBackend(1);
    await using app = await openApp({ backend });
    const running = app.turns.submit(question("running"));
    await until("the call", () => backend.open.length === 1);
    await app.commands.execute({
      principal: owner,
      command: "switch_mode",
      args: { mode: "EXTRACTIVE", lifetime: { turns: 2, seconds: 60 } },
      conversation: "c",
    });
    const later = [true, false, true].map((detached) =>
      app.turns.submit(question("q", { detached })),
    );
    assert.deepEqual(
      [running, ...later].map(({ mode }) => mode),
      ["DIRECT", "EXTRACTIVE", "EXTRACTIVE", "DIRECT"],
    );
    backend.instant = "answer";
    backend.open[0]?.answer("done");
    await Promise.all(later.map((run) => run.end));
    const state = app.state.conversation(running.conversationKey);
    assert.equal(state?.turns, 4);
    assert.equal(app.conversations.turns(running.conversationKey), 4);
  });
});
