import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import {
  type OpenAiEmulator,
  type Rule,
  startOpenAiEmulator,
  startTelegramEmulator,
  type TelegramEmulator,
} from "@adyton/emulators";
import { startBot } from "./bot-node.ts";
import type { NodeProcess } from "./node-process.ts";
import { withoutRemarks } from "./bot-answers.ts";

const answerMsMax = 20_000;
const echo: Rule = { reply: ({ messages }) => `echo ${messages.at(-1)?.text ?? ""}` };
const recording = (words: string) => ({
  name: "voice.ogg",
  bytes: Buffer.from(words),
  mediaType: "audio/ogg",
});
/** No pattern finds it: it is known by its file alone. */
const key = "tuvalik-esprosenda";

function voiceTo({ url, port }: OpenAiEmulator): string {
  const file = join(process.env["TMPDIR"] ?? "/tmp", `adyton-voice-key-${port}`);
  writeFileSync(file, key, { mode: 0o600 });
  return `voice: {url: "${url}", language: ru, api_key_file: ${file}}`;
}

/** What the bot says in a chat, in order, without placeholders. */
const told = (telegram: TelegramEmulator, chat: number): readonly string[] =>
  withoutRemarks(telegram.messages(chat))
    .filter(({ isBots, text }) => isBots && text !== "…")
    .map(({ text }) => text);

async function isTold(telegram: TelegramEmulator, wanted: string, chat = 1): Promise<void> {
  const last = (): string | undefined => told(telegram, chat).at(-1);
  await telegram.waitUntil(() => last() === wanted, answerMsMax).catch(() => undefined);
  assert.equal(last(), wanted);
}

async function voicePart(node: NodeProcess) {
  const { json } = await node.ask("/api/v1/health", { token: node.owner });
  const parts = json.parts as { name: string; status: string }[];
  return parts.find(({ name }) => name === "voice")?.status;
}

it("hears what is said, in both languages, and says what was heard above its answer", async () => {
  await using telegram = await startTelegramEmulator();
  await using model = await startOpenAiEmulator({ rules: [echo] });
  await using speech = await startOpenAiEmulator({ apiKey: key });
  const config = voiceTo(speech);
  await using node = await startBot(telegram, model, { language: "ru", config });
  const owner = telegram.person({ id: 1 });
  owner.sendFile("voice", recording("какая погода?"));
  await isTold(telegram, "🎤 «какая погода?»\n\necho какая погода?");
  owner.sendFile("video_note", recording("what time is it?"));
  await isTold(telegram, "🎤 «what time is it?»\n\necho what time is it?");
  owner.sendFile("voice", recording("/mode EXTRACTIVE"));
  await isTold(telegram, "🎤 «/mode EXTRACTIVE»\n\necho /mode EXTRACTIVE");
  owner.sendFile("voice", recording(`ключ ${key}`));
  await isTold(telegram, "🎤 «ключ [секрет убран]»\n\necho ключ [секрет убран]");
  owner.sendFile("voice", recording(" "));
  await isTold(telegram, "Слов я там не услышал.");

  const chat = telegram.group({ id: -5 });
  owner.say("@adyton_bot привет", { chat });
  await isTold(telegram, "echo привет", -5);
  const bots = telegram.messages(-5).findLast(({ isBots }) => isBots);
  owner.sendFile("voice", recording("мимо"), "", { chat });
  owner.sendFile("voice", recording("и ещё"), "", { chat, replyTo: bots?.id ?? 0 });
  await isTold(telegram, "🎤 «и ещё»\n\necho > echo привет\n\nи ещё", -5);
  assert.equal(
    told(telegram, -5).length,
    2,
    "who does not address the bot in a group is not heard",
  );

  // Killed while it listens: the recording is heard by the next process, and answered once.
  speech.clear();
  speech.setFault({ kind: "timeout", endpoints: ["transcriptions"] }, { times: 1 });
  owner.sendFile("voice", recording("после смерти"));
  await speech.waitForRequests(1, { timeoutMs: answerMsMax, endpoint: "transcriptions" });
  await telegram.waitUntil(() => telegram.pending === 0, answerMsMax);
  await node.kill();
  await node.start("configured");
  await isTold(telegram, "🎤 «после смерти»\n\necho после смерти");
  const answers = told(telegram, 1).filter((text) => text.includes("после смерти"));
  assert.equal(answers.length, 1);
  assert.equal(speech.requests.filter(({ endpoint }) => endpoint === "transcriptions").length, 2);
  assert.equal(await voicePart(node), "ok");

  await speech[Symbol.asyncDispose]();
  owner.sendFile("voice", recording("кто там?"));
  await isTold(
    telegram,
    "Сервер распознавания речи сейчас не отвечает; напишите словами или отправьте позже.",
  );
  assert.equal(await voicePart(node), "degraded");
});
