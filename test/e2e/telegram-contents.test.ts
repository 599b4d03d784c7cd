import assert from "node:assert/strict";
import { it } from "node:test";
import { type Rule, startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
import { startBot } from "./bot-node.ts";
import { answersTo } from "./bot-answers.ts";

const answerMsMax = 20_000;

/** Says what it was asked, and what stands behind the fence. */
const reader: Rule = {
  reply: ({ messages }) => {
    const text = messages.at(-1)?.text ?? "";
    const [, inside = ""] = /^<external [^>]+>\n(.*)\n<\/external/su.exec(text) ?? [];
    const words = inside.replaceAll(/[^\p{L}\p{N}.,:/]+/gu, " ").trim();
    return inside === "" ? `asked ${text}` : `read ${words}`;
  },
};

it("takes forwarded words for somebody else's, and quoted ones for whose they are", async () => {
  await using telegram = await startTelegramEmulator();
  await using model = await startOpenAiEmulator({ rules: [reader] });
  await using node = await startBot(telegram, model);
  const owner = telegram.person({ id: 1 });
  const answered = (text: string) =>
    telegram.waitUntil(() => answersTo(owner).at(-1)?.text === text, answerMsMax);
  const forward_origin = { type: "hidden_user", date: 0, sender_user_name: "Сосед" };
  owner.say("/new", { extra: { forward_origin } });
  await answered("read [/]new");
  owner.say("Скидки: https://evil.example/a", { extra: { forward_origin } });
  await answered("read Скидки: hxxps://evil[.]example/a");
  const tainted = await node.journal("turn.answered");
  assert.deepEqual(
    tainted.map(({ facts }) => facts.taint?.sources),
    [["attachments"], ["attachments"]],
  );
  assert.deepEqual(await node.journal("conversation.reset"), []);
  owner.say("/new");
  await telegram.waitUntil(() => /afresh/.test(answersTo(owner).at(-1)?.text ?? ""), answerMsMax);
  const said = owner.say("кот спит");
  await answered("asked кот спит");
  owner.say("где?", { replyTo: said.id });
  await answered("asked > кот спит\n\nгде?");
  const [last] = (await node.journal("turn.answered")).slice(-1);
  assert.equal(last?.["facts"].taint, undefined, "one's own words do not taint");
  owner.say("", { extra: { location: { latitude: 59.93, longitude: 30.31 } } });
  await answered("asked 📍 59.93, 30.31");
  owner.say("", { extra: { sticker: { file_id: "s" } } });
  await telegram.waitUntil(
    () => /cannot look/.test(answersTo(owner).at(-1)?.text ?? ""),
    answerMsMax,
  );
  assert.equal(telegram.pending, 0);
});
