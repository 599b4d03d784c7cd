import assert from "node:assert/strict";
import { it } from "node:test";
import { openApp } from "../test/app-fixture.ts";
import { noteOn, type OwedWork, settleOwed, WorkStopped } from "./owed-work.ts";

/** A reply that is owed for work, in a real journal. */
async function withWork() {
  const app = await openApp();
  const { journal, records, state } = app;
  const context = { owner: "owner", actor: "telegram:1", tier: "owner", origin: "node" } as const;
  const facts = { delivery: "d1", channel: "telegram", run: null };
  const data = { chat: "1", work: { file: "F" } };
  await journal.append({
    records: [{ ...context, class: "message", type: "delivery.opened", facts, data }],
  });
  const base = { door: { name: "telegram" }, journal, records, deliveries: state };
  const takenBack: string[] = [];
  const settle = (
    work: (owed: OwedWork) => Promise<string>,
    { signal } = new AbortController(),
    { signal: stop } = new AbortController(),
  ) => {
    const [owed] = state.deliveries("telegram");
    assert.ok(owed);
    const done = async (each: OwedWork) =>
      ({ kind: "run", run: await work(each), lead: "🎤 «привет»\n\n" }) as const;
    const takeBack = async ({ run, actor }: { readonly run: string; readonly actor: string }) =>
      void takenBack.push(`${actor} ${run}`);
    const doing = { ...base, work: done, takeBack };
    return settleOwed(doing, owed, { run: owed.run, work: data.work }, { signal, stop });
  };
  return { app, base, settle, takenBack, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

it("does work once, and knows afterwards what it came to", async () => {
  await using owing = await withWork();
  const { base, settle } = owing;
  const seen: unknown[] = [];
  // The first process dies after it has heard what was said, and before it has asked.
  await assert.rejects(
    settle(async ({ work, notes, note }) => {
      seen.push(work, notes());
      await note({ heardIn: "F" });
      throw new Error("killed");
    }),
  );
  const run = { kind: "run", run: "r1", lead: "🎤 «привет»\n\n" };
  const second = await settle(async ({ notes }) => {
    seen.push(notes());
    return "r1";
  });
  assert.deepEqual(seen, [{ file: "F" }, [], [{ heardIn: "F" }]]);
  assert.deepEqual(second, run);
  assert.deepEqual(await settle(() => assert.fail("the run is known")), run);
  const key = { key: Buffer.alloc(32, 1), fingerprint: Buffer.alloc(32, 1) };
  for (const joined of [1, 2]) await noteOn(base, "d1", { data: { joined }, dedupe: key });
  assert.equal(base.deliveries.deliveries("telegram")[0]?.notes.length, 3, "each update once");
  await noteOn(base, "d2", { data: {} });
});

it("has a person's words belong to the person", async () => {
  await using owing = await withWork();
  await noteOn(owing.base, "d1", { data: { words: "привет" } });
  const record = owing.app.records.record(owing.app.records.lastSeq());
  assert.deepEqual(
    [record?.type, record?.owner, record?.tier],
    ["delivery.noted", "owner", "owner"],
  );
});

it("waits for no work that goes on when the node stops", { timeout: 30_000 }, async () => {
  await using owing = await withWork();
  const stop = new AbortController();
  const settling = owing.settle(async () => {
    stop.abort(new Error("stopped"));
    return new Promise<never>(() => undefined);
  }, stop);
  await assert.rejects(settling, /stopped/);
});

it("takes back what stopped work had asked, notes nothing of it, and begins nothing that is stopped", async () => {
  await using owing = await withWork();
  const { base, settle, takenBack } = owing;
  const [node, stop] = [new AbortController(), new AbortController()];
  const settling = settle(
    async () => {
      stop.abort(new WorkStopped("nobody wants it"));
      return "r1";
    },
    node,
    stop,
  );
  await assert.rejects(settling, WorkStopped);
  assert.deepEqual(takenBack, ["telegram:1 r1"]);
  assert.deepEqual(base.deliveries.deliveries("telegram")[0]?.notes, []);
  await assert.rejects(
    settle(() => assert.fail("it began"), node, stop),
    WorkStopped,
  );
  assert.equal(takenBack.length, 1);
});
