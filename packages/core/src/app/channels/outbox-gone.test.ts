import assert from "node:assert/strict";
import { it } from "node:test";
import { openApp, until } from "../test/app-fixture.ts";
import { chat, outboxOptions, owedReply } from "../test/one-chat.ts";
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
    await using outbox = new Outbox(
      outboxOptions(app, {
        door: {
          ...door,
          fill: (...args) => {
            if (left === 0) return door.fill(...args);
            left -= 1;
            return Promise.resolve({ kind: "gone" });
          },
        },
      }),
    );
    await outbox.open(owedReply({ kind: "text", text: "ответ" }));
    await until("it is settled", () => app.state.deliveries("telegram").length === 0);
    const [closed] = app.records.after(0, 50, "delivery.closed");
    assert.partialDeepStrictEqual(closed?.facts, { outcome });
    assert.equal(shown.at(-1), outcome === "delivered" ? "ответ" : "…");
    assert.equal(shown.length, goneMessagesMax + 1);
  });
