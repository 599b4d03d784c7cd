import assert from "node:assert/strict";
import { it } from "node:test";
import { systemClock } from "@adyton/runtime/clock";
import { openApp, until } from "../test/app-fixture.ts";
import { chat, exitCheck } from "../test/one-chat.ts";
import { goneMessagesMax } from "./delivery.ts";
import { Outbox } from "./outbox.ts";

for (const [times, outcome] of [
  [goneMessagesMax, "delivered"],
  [goneMessagesMax + 1, "refused"],
] as const)
  it(`a reply whose messages are gone ${times} times is ${outcome}`, async () => {
    await using app = await openApp();
    const { shown, door } = chat();
    let left: number = times;
    await using outbox = new Outbox({
      door: {
        ...door,
        fill: (...args) => {
          if (left === 0) return door.fill(...args);
          left -= 1;
          return Promise.resolve({ kind: "gone" });
        },
      },
      journal: app.journal,
      records: app.records,
      deliveries: app.state,
      takeBack: () => assert.fail("nothing was taken back"),
      mayReach: () => true,
      exit: exitCheck(),
      work: () => assert.fail("no work was owed"),
      endOf: () => assert.fail("no run was owed"),
      clock: systemClock,
      onUnexpected: assert.ifError,
    });
    await outbox.open({
      place: { chat: "1" },
      actor: "telegram:1",
      owner: "owner",
      tier: "owner",
      reply: { kind: "text", text: "ответ" },
      dedupe: { key: Buffer.alloc(32, 1), fingerprint: Buffer.alloc(32, 1) },
    });
    await until("it is settled", () => app.state.deliveries("telegram").length === 0);
    const [closed] = app.records.after(0, 50, "delivery.closed");
    assert.partialDeepStrictEqual(closed?.facts, { outcome });
    assert.equal(shown.at(-1), outcome === "delivered" ? "ответ" : "…");
    assert.equal(shown.length, goneMessagesMax + 1);
  });
