import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProblemError } from "../../domain/problem-error.ts";
import type { Principal } from "../../ports/http.ts";
import { openApp, type OpenApp, person } from "../test/app-fixture.ts";
import { owner } from "../tokens.ts";
import { nodeHandlers } from "./node.ts";

function handlersOf(app: OpenApp) {
  const done: string[] = [];
  const { tokens, state } = app;
  const handlers = nodeHandlers({
    describe: { ...app.describe, nodeId: "n", corePrompt: "" },
    tokens,
    state,
    health: () => assert.fail("nobody asks"),
    metrics: () => [{ name: "adyton_up", help: "Up.", type: "gauge", samples: [{ value: 1 }] }],
    verify: async () => {
      done.push("verified");
      const counts = { records: 0, erased: 0, firstSeq: 0, lastSeq: 0, tookMs: 0 };
      return { clean: true, headHash: "", faults: [], ...counts };
    },
    backUp: async () => {
      done.push("backed up");
      return { path: "b", bytes: 0, lastSeq: 0, headHash: "", tookMs: 0 };
    },
    readSpec: () => assert.fail("nobody asks"),
    now: () => app.clock.ms,
  });
  return { handlers, done };
}

const call = (principal: Principal, idempotencyKey?: string) => ({
  principal,
  params: undefined,
  query: undefined,
  body: undefined,
  fingerprint: Buffer.alloc(32),
  wantsStream: false,
  signal: new AbortController().signal,
  ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
});
const refused = (code: string, detail: RegExp) => (error: unknown) =>
  error instanceof ProblemError &&
  error.problem.code === code &&
  detail.test(error.problem.detail ?? "");

describe("the node's figures", () => {
  it("are for the owner's programs and not for another person", async () => {
    await using app = await openApp();
    const { getMetrics } = handlersOf(app).handlers;
    const program: Principal = { ...person("grafana", "read"), person: "owner" };
    for (const caller of [owner, program]) {
      const reply = await getMetrics(call(caller));
      assert.ok(reply.kind === "text" && reply.body.includes("adyton_up 1"));
    }
    for (const other of [person("anna", "read"), person("anna", "admin")])
      await assert.rejects(getMetrics(call(other)), refused("forbidden", /whole node/));
  });
});

describe("work on the whole journal", () => {
  it("takes no Idempotency-Key, and without one is done", async () => {
    await using app = await openApp();
    const { handlers, done } = handlersOf(app);
    const { verifyJournal, backupJournal } = handlers;
    await assert.rejects(verifyJournal(call(owner, "k")), refused("conflict", /Idempotency-Key/));
    await assert.rejects(backupJournal(call(owner, "k")), refused("conflict", /Idempotency-Key/));
    assert.deepEqual(done, []);
    assert.equal((await verifyJournal(call(owner))).kind, "json");
    assert.equal((await backupJournal(call(owner))).kind, "json");
    assert.deepEqual(done, ["verified", "backed up"]);
  });
});
