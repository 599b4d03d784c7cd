import assert from "node:assert/strict";
import { it } from "node:test";
import { systemClock } from "@adyton/runtime/clock";
import type { CallOutcome } from "../../ports/channel.ts";
import { openApp, until } from "../test/app-fixture.ts";
import { chat, exitCheck } from "../test/one-chat.ts";
import { Outbox } from "./outbox.ts";

const refusal: CallOutcome = { kind: "refused", reason: "message text is empty" };
const long = `${"а".repeat(90)} ${"б".repeat(90)} ${"в".repeat(90)}`;
const first = long.slice(0, 90);

const cases: readonly [
  name: string,
  text: string,
  refused: (text: string) => boolean,
  shown: string,
][] = [
  ["an answer that is refused", "ответ", (text) => text === "ответ", "не принято"],
  ["the second part of one", long, (text) => text.startsWith("б"), `${first}|не принято`],
  ["everything", "ответ", () => true, "…"],
];

for (const [name, text, isRefused, wanted] of cases)
  it(`says so in place of ${name}, once, and goes on with the next`, async () => {
    await using app = await openApp();
    const { shown, door } = chat();
    await using outbox = new Outbox({
      door: {
        ...door,
        fill: (...args) => {
          const said = args[2].said?.text ?? "";
          return isRefused(said) && said !== "другой"
            ? Promise.resolve(refusal)
            : door.fill(...args);
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
    for (const [key, reply] of [text, "другой"].entries())
      await outbox.open({
        place: { chat: "1" },
        actor: "telegram:1",
        owner: "owner",
        tier: "owner",
        reply: { kind: "text", text: reply },
        dedupe: { key: Buffer.alloc(32, key), fingerprint: Buffer.alloc(32, key) },
      });
    await until("both are settled", () => app.state.deliveries("telegram").length === 0);
    const closed = app.records.after(0, 50, "delivery.closed");
    assert.deepEqual(
      closed.map(({ facts }) => Reflect.get(Object(facts), "outcome")),
      ["refused", "delivered"],
    );
    assert.equal(shown.join("|"), `${wanted}|другой`);
  });
