import assert from "node:assert/strict";
import { once } from "node:events";
import { it } from "node:test";
import { systemClock } from "@adyton/runtime/clock";
import { JournalError } from "../../adapters/sqlite/journal-error.ts";
import type { Journal } from "../../adapters/sqlite/journal.ts";
import type { NewRecord } from "../../domain/journal/record.ts";
import type { JournalPort } from "../../ports/journal.ts";
import { openApp, until } from "../test/app-fixture.ts";
import { chat, outboxOptions, owedReply } from "../test/one-chat.ts";
import { Outbox } from "./outbox.ts";

/** A journal that does not take some records the first times. */
const refusing =
  (times: number, isRefused: (record: NewRecord) => boolean) =>
  (journal: Journal): JournalPort => {
    let left = times;
    return {
      get lastSeq() {
        return journal.lastSeq;
      },
      get storage() {
        return journal.storage;
      },
      append: (group) => {
        if (left === 0 || !group.records.some(isRefused)) return journal.append(group);
        left -= 1;
        return Promise.reject(new JournalError("storage_full", "the disk is full"));
      },
      noteTokenUse: (name, timeMs) => journal.noteTokenUse(name, timeMs),
      onAppended: (listener) => journal.onAppended(listener),
    };
  };

it("delivers what is owed once the disk takes something again, without a new start", async () => {
  let readings = 0;
  const wrap = refusing(7, ({ type }) => type !== "delivery.opened");
  await using app = await openApp({ wrap });
  const { shown, door } = chat();
  const unexpected: unknown[] = [];
  await using outbox = new Outbox(
    outboxOptions(app, {
      door,
      deliveries: {
        deliveries: (name) => {
          if ((readings += 1) === 2) throw new JournalError("storage_failed", "it cannot be read");
          return app.state.deliveries(name);
        },
      },
      endOf: () => Promise.resolve({ text: "" }),
      clock: { ...systemClock, sleep: () => new Promise((resolve) => setImmediate(resolve)) },
      onUnexpected: (error) => void unexpected.push(error),
    }),
  );
  for (const [at, text] of ["first", "второй"].entries())
    await outbox.open(owedReply({ kind: "text", text }, at));
  await until("both are delivered", () => app.state.deliveries("telegram").length === 0);
  assert.deepEqual(
    shown.filter((text) => text !== "…"),
    ["first", "второй"],
  );
  assert.equal(unexpected.length, 1, "told once");
});

for (const refused of ["delivery.placed", "delivery.closed"])
  it(`says nothing twice while the disk does not take ${refused}`, async () => {
    const wrap = refusing(7, ({ type }) => type === refused);
    await using app = await openApp({ wrap });
    const { shown, door } = chat();
    let announced = 0;
    const unexpected: unknown[] = [];
    const options = outboxOptions(app, {
      door: {
        ...door,
        ping: () => Promise.resolve({ kind: "done", message: (announced += 1) } as const),
      },
      endOf: () => Promise.resolve({ text: "ответ" }),
      clock: {
        ...systemClock,
        // An answer that took a minute.
        nowMs: () => Date.now() + 60_000,
        sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(1, signal),
      },
      onUnexpected: (error: unknown) => void unexpected.push(error),
    });
    await using outbox = new Outbox(options);
    await outbox.open(owedReply({ kind: "run", run: "r1" }));
    await until("it is delivered", () => app.state.deliveries("telegram").length === 0);
    assert.deepEqual([shown, announced, unexpected.length], [["ответ"], 1, 1]);
  });

it("goes on with work whose end the disk does not take", async () => {
  const wrap = refusing(1, ({ type }) => type === "delivery.replaced");
  await using app = await openApp({ wrap });
  const { shown, door } = chat();
  let begun = 0;
  await using outbox = new Outbox(
    outboxOptions(app, {
      door,
      work: async (_owed, signal) => {
        if ((begun += 1) > 1) return { kind: "text", text: "ответ" };
        await once(signal, "abort");
        throw signal.reason;
      },
      endOf: () => Promise.resolve({ text: "" }),
      clock: { ...systemClock, sleep: () => new Promise((resolve) => setImmediate(resolve)) },
      onUnexpected: () => undefined,
    }),
  );
  await outbox.open({
    place: { chat: "1" },
    actor: "telegram:1",
    owner: "owner",
    tier: "owner",
    conversation: "c",
    reply: { kind: "work", work: { kind: "test" } },
    dedupe: { key: Buffer.alloc(32), fingerprint: Buffer.alloc(32) },
  });
  await until("the work is under way", () => begun === 1);
  await assert.rejects(
    outbox.stopWork(() => true, "стоп"),
    JournalError,
  );
  await until("it is delivered", () => app.state.deliveries("telegram").length === 0);
  assert.deepEqual(
    shown.filter((text) => text !== "…"),
    ["ответ"],
  );
});
