import assert from "node:assert/strict";
import { it } from "node:test";
import { systemClock } from "@adyton/runtime/clock";
import { JournalError } from "../../adapters/sqlite/journal-error.ts";
import type { Journal } from "../../adapters/sqlite/journal.ts";
import type { ChannelDoor } from "../../ports/channel.ts";
import type { JournalPort } from "../../ports/journal.ts";
import { openApp, until } from "../test/app-fixture.ts";
import { Outbox } from "./outbox.ts";

/** A messenger that keeps what its one chat shows. */
function chat(): { readonly shown: string[]; readonly door: ChannelDoor } {
  const shown: string[] = [];
  const door: ChannelDoor = {
    name: "telegram",
    textUnitsMax: 100,
    place: () => Promise.resolve({ kind: "done", message: shown.push("…") - 1 }),
    fill: (_place, message, { text }) => {
      shown[message] = text;
      return Promise.resolve({ kind: "done", message });
    },
    ping: () => Promise.resolve({ kind: "unknown" }),
    showWriting: () => Promise.resolve(),
  };
  return { shown, door };
}

it("delivers what is owed once the disk takes something again, without a new start", async () => {
  let refusals = 0;
  const wrap = (journal: Journal): JournalPort => ({
    get lastSeq() {
      return journal.lastSeq;
    },
    get storage() {
      return journal.storage;
    },
    append: (group) => {
      const isProgress = group.records.some(({ type }) => type !== "delivery.opened");
      if (isProgress && (refusals += 1) <= 7)
        return Promise.reject(new JournalError("storage_full", "the disk is full"));
      return journal.append(group);
    },
    noteTokenUse: (name, timeMs) => journal.noteTokenUse(name, timeMs),
    onAppended: (listener) => journal.onAppended(listener),
  });
  await using app = await openApp({ wrap });
  const { shown, door } = chat();
  const unexpected: unknown[] = [];
  await using outbox = new Outbox({
    door,
    journal: app.journal,
    records: app.records,
    deliveries: app.state,
    endOf: () => Promise.resolve(""),
    clock: { ...systemClock, sleep: () => new Promise((resolve) => setImmediate(resolve)) },
    onUnexpected: (error) => void unexpected.push(error),
  });
  for (const [at, text] of ["first", "второй"].entries())
    await outbox.open({
      place: { chat: "1" },
      actor: "telegram:1",
      owner: "owner",
      tier: "owner",
      reply: { kind: "text", text },
      dedupe: { key: Buffer.alloc(32, at), fingerprint: Buffer.alloc(32, at) },
    });
  await until("both are delivered", () => app.state.deliveries("telegram").length === 0);
  assert.deepEqual(
    shown.filter((text) => text !== "…"),
    ["first", "второй"],
  );
  assert.equal(unexpected.length, 1, "told once");
});
