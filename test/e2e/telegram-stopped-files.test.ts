import assert from "node:assert/strict";
import { it } from "node:test";
import { type Rule, startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
import { startBot } from "./bot-node.ts";

const answerMsMax = 20_000;
/** What was asked, from its last line, behind the fence of the files. */
const echo: Rule = {
  reply: ({ messages }) =>
    `echo ${(messages.at(-1)?.text ?? "")
      .split("\n")
      .at(-1)
      ?.replace(/^Просьба: /u, "")}`,
};
const file = { name: "хрюндель.txt", bytes: Buffer.from("бармаглот"), mediaType: "text/plain" };

it("fetches no file any more for a question that was stopped or forgotten, and the latest caption's for one that was edited", async () => {
  await using telegram = await startTelegramEmulator();
  await using model = await startOpenAiEmulator({ rules: [echo] });
  await using node = await startBot(telegram, model, { language: "ru" });
  const owner = telegram.person({ id: 1 });
  const member = telegram.person({ id: 2 });
  const texts = (): readonly string[] => owner.answers.map(({ text }) => text);
  const fetches = (): number => telegram.calls.filter(({ method }) => method === "file").length;
  const told = (isTold: () => boolean): Promise<void> => telegram.waitUntil(isTold, answerMsMax);
  telegram.setFaults([{ kind: "hang", methods: ["file"], times: 4 }]);

  // One of another person's is on its way all the time.
  member.sendFile("document", { ...file, name: "b.txt" }, "чужой вопрос");
  await told(() => fetches() === 1);
  owner.sendFile("document", file, "первый вопрос");
  await told(() => fetches() === 2);
  owner.say("/stop");
  await told(() => texts().filter((text) => text === "Остановлено.").length === 2);
  const [replaced] = await node.journal("delivery.replaced");
  assert.deepEqual(
    Object.keys(replaced?.["data"] ?? {}),
    ["chat", "replyTo", "text"],
    "nothing of the words is repeated",
  );

  owner.sendFile("document", file, "второй вопрос");
  await told(() => fetches() === 3);
  const token = node.owner;
  const path = "/api/v1/memory/forget";
  const shown = await node.ask(path, { token, body: { text: "хрюндель" } });
  const body = { confirm: shown.json.forgetId };
  const forgotten = await node.ask(`${path}/confirm`, { token, body });
  assert.equal(forgotten.json.residueBytes, 0, forgotten.text);
  await told(() => texts().filter((text) => text === "Остановлено.").length === 3);
  assert.ok(
    !JSON.stringify(await node.journal()).includes("хрюндель"),
    "not even its name is left",
  );

  const edited = owner.sendFile("document", file, "третий вапрос");
  await told(() => fetches() === 4);
  owner.edit(edited, "третий вопрос");
  await told(() => texts().at(-1) === "echo третий вопрос");
  owner.edit(edited, "третий вопрос, иначе");
  await told(() => texts().at(-1) === "echo третий вопрос, иначе");
  const asked = await node.journal("turn.received");
  assert.deepEqual(
    asked.map(({ data }) => data?.text),
    ["третий вопрос", "(Это сообщение исправлено.)\nтретий вопрос, иначе"],
    "nothing else was ever asked",
  );
  // The control: what nobody stopped is still on its way, and comes once the server hands it out.
  assert.equal(fetches(), 6);
  telegram.breakConnections();
  await told(() => member.answers.at(-1)?.text === "echo чужой вопрос");
});
