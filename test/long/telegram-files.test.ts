import assert from "node:assert/strict";
import { it } from "node:test";
import { type Rule, startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
import { startBot } from "../e2e/bot-node.ts";

const echo: Rule = { reply: ({ messages }) => `echo ${messages.at(-1)?.text.slice(-11) ?? ""}` };

it("takes no more than sixteen messages that wait for a file, and says so", async () => {
  await using telegram = await startTelegramEmulator();
  await using model = await startOpenAiEmulator({ rules: [echo] });
  await using node = await startBot(telegram, model);
  const owner = telegram.person({ id: 1 });
  telegram.setFaults([{ kind: "slow", delayMs: 1_500, methods: ["file"], times: 1 }]);
  const bytes = Buffer.from("alpha");
  owner.sendFile("document", { name: "a.txt", bytes, mediaType: "text/plain" }, "question 1");
  for (let at = 2; at <= 17; at += 1) owner.say(`question ${at}`);
  const isRefused = (): boolean => owner.answers.at(-1)?.text.startsWith("Too much") === true;
  await telegram.waitUntil(isRefused, 60_000);
  const asked = await node.journal("turn.received");
  assert.equal(asked.length, 16);
  assert.equal(owner.answers.at(-2)?.text, "echo question 16");
});
