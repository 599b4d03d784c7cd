import assert from "node:assert/strict";
import { it } from "node:test";
import type { CallOutcome } from "../../ports/channel.ts";
import { openApp, until } from "../test/app-fixture.ts";
import { chat, outboxOptions, owedReply } from "../test/one-chat.ts";
import type { RunWords } from "./delivery.ts";
import { type NewDelivery, Outbox, type OutboxOptions } from "./outbox.ts";

const refusal: CallOutcome = { kind: "refused", reason: "message text is empty" };

/** An outbox whose messenger refuses some texts, and what its chat shows. */
async function refusing(
  isRefused: (text: string) => boolean,
  endOf: OutboxOptions["endOf"] = () => assert.fail("no run was owed"),
) {
  await using holding = new AsyncDisposableStack();
  const app = holding.use(await openApp());
  const { shown, door } = chat();
  const outbox = holding.use(
    new Outbox(
      outboxOptions(app, {
        door: {
          ...door,
          editEveryMs: () => 10,
          fill: (...args) =>
            isRefused(args[2].said?.text ?? "") ? Promise.resolve(refusal) : door.fill(...args),
        },
        endOf,
      }),
    ),
  );
  const held = holding.move();
  let opened = 0;
  return {
    shown,
    owe: (reply: NewDelivery["reply"]) => outbox.open(owedReply(reply, (opened += 1))),
    /** How each was closed, once all are. */
    outcomes: async () => {
      await until("all are settled", () => app.state.deliveries("telegram").length === 0);
      const closed = app.records.after(0, 50, "delivery.closed");
      return closed.map(({ facts }): unknown => Reflect.get(Object(facts), "outcome"));
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const [first, second] = ["а".repeat(90), "б".repeat(90)];
const cases: readonly [name: string, said: string, refused: RegExp, shown: string][] = [
  ["an answer that is refused", "ответ", /^ответ$/u, "не принято|другой"],
  ["the second part of one", `${first} ${second} в`, /^б/u, `${first}|не принято|другой`],
  ["nothing where everything is refused", "ответ", /^(?!другой)/u, "…|другой"],
];

for (const [name, text, refused, wanted] of cases)
  it(`says so in place of ${name}, and goes on with the next`, async () => {
    await using bot = await refusing((said) => refused.test(said));
    await bot.owe({ kind: "text", text });
    await bot.owe({ kind: "text", text: "другой" });
    assert.deepEqual(await bot.outcomes(), ["refused", "delivered"]);
    assert.equal(bot.shown.join("|"), wanted);
  });

it("leaves nothing of what had grown behind a text that is refused", async () => {
  const { promise: end, resolve, reject } = Promise.withResolvers<RunWords>();
  await using bot = await refusing(
    (said) => said === "коротко",
    ({ onGrown }, signal) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      onGrown(`${first} ${second} ${first} ${second}`);
      return end;
    },
  );
  await bot.owe({ kind: "run", run: "r1" });
  await until("the answer has grown", () => bot.shown.at(1) === second);
  resolve({ text: "коротко" });
  assert.deepEqual(await bot.outcomes(), ["refused"]);
  const [said, ...behind] = bot.shown;
  assert.equal(said, "не принято");
  assert.deepEqual(new Set(behind), new Set([""]));
});
