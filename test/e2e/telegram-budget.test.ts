import assert from "node:assert/strict";
import { it } from "node:test";
import { type EmulatedPerson, startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
import { startBot } from "./bot-node.ts";

const answerMsMax = 20_000;
const dayMs = 86_400_000;
const en = { question: "Calculate 17 * 23", spent: /The day's tokens for rethinking are used up/u };
const ru = { question: "Посчитай 17 * 23", spent: /Токены на обдумывание на сегодня исчерпаны/u };

/** Has the next process live so many days later, and at noon: no day is over while the test runs. */
function liveAtNoon(daysLater: number): void {
  const nowMs = Date.now();
  const aheadMs = Math.floor(nowMs / dayMs) * dayMs + dayMs / 2 + daysLater * dayMs - nowMs;
  const code = `const now=Date.now;Date.now=()=>now()+(${aheadMs})`;
  process.env["NODE_OPTIONS"] = `--import=data:text/javascript,${encodeURIComponent(code)}`;
}

it("thinks for each person within the day's tokens, says when they are used up, and thinks again the next day", async () => {
  await using telegram = await startTelegramEmulator();
  await using model = await startOpenAiEmulator({ rules: [{ reply: "400" }] });
  const answerTo = async (person: EmulatedPerson, text: string): Promise<string> => {
    const before = person.answers.length;
    const last = (): string => person.answers.slice(before).at(-1)?.text ?? "…";
    person.say(text);
    await telegram.waitUntil(() => last() !== "…", answerMsMax);
    return last();
  };
  const thinks = async (person: EmulatedPerson, { question, spent }: typeof en) => {
    await answerTo(person, "/command switch_mode RECURSIA");
    return !spent.test(await answerTo(person, question));
  };
  liveAtNoon(0);
  await using node = await startBot(telegram, model, { config: "recursia: {tokens_per_day: 1}" });
  const [owner, member] = [telegram.person({ id: 1 }), telegram.person({ id: 2 })];
  assert.equal(await thinks(member, en), true, "the day begins");
  assert.equal(await thinks(member, en), false, "its tokens are used up");
  assert.equal(await thinks(owner, en), true, "another person has tokens of his own");
  await node.restart("configured");
  assert.equal(await thinks(member, ru), false, "a new start brings none");
  await node.stop();
  liveAtNoon(1);
  await node.start("configured");
  assert.equal(await thinks(member, ru), true, "the next day does");
  assert.equal(await thinks(member, ru), false, "and no more than its own");
});
