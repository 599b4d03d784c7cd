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
import { NodeProcess } from "./node-process.ts";

const answerMsMax = 20_000;

/** A node whose bot talks to the emulator: 1 owns it, 2 and 3 may speak. */
function startBot(
  telegram: TelegramEmulator,
  model: OpenAiEmulator,
  language: "en" | "ru",
): Promise<NodeProcess> {
  const file = join(process.env["TMPDIR"] ?? "/tmp", `adyton-token-${telegram.port}`);
  writeFileSync(file, telegram.token, { mode: 0o600 });
  const config = [
    "telegram:",
    `  token_file: ${file}`,
    "  owners: [1]",
    "  allowed_user_ids: [2, 3]",
    `  api_root: ${telegram.apiRoot}`,
    "",
  ].join("\n");
  return NodeProcess.start({ backend: model.url, language, config });
}

const inOrder = (left: string, right: string): number => (left < right ? -1 : 1);
const words = (of: string, count: number): string =>
  Array.from({ length: count }, (_, at) => `${of}${at}`).join(" ");

it("shows an answer while it grows, stops it at its button, and goes on after a kill", async () => {
  const long: Rule = { times: 2, reply: () => words("слово", 200) };
  const short: Rule = { reply: ({ lastUserText }) => `короткий ответ: ${lastUserText}` };
  await using telegram = await startTelegramEmulator();
  await using model = await startOpenAiEmulator({ rules: [long, short], tokenDelayMs: 10 });
  await using node = await startBot(telegram, model, "ru");
  const [patient, hasty, stranger] = [1, 2, 9].map((id) => telegram.person({ id }));
  assert.ok(patient !== undefined && hasty !== undefined && stranger !== undefined);
  patient.say("расскажи");
  hasty.say("и мне");
  const grown = ({ answers }: typeof patient): boolean => /слово5/.test(answers[0]?.text ?? "");
  await telegram.waitUntil(() => grown(patient) && grown(hasty), answerMsMax);
  const [shown] = hasty.answers;
  assert.ok(shown !== undefined);
  const button = shown.markup?.inline_keyboard[0]?.[0];
  assert.equal(button?.["text"], "Стоп");
  const data = String(button["callback_data"]);
  assert.ok(Buffer.byteLength(data) <= 64 && data.startsWith("stop:run_"));

  // Nobody else stops it, and what no button has leads nowhere; a stranger does not even learn that there is a bot.
  stranger.press(shown, data);
  patient.press(shown, data);
  patient.press(shown, "stop:run_000000000AAAAAAAAAAAAAA");
  patient.press(shown, "удали всё");
  hasty.press(shown, data);
  await telegram.waitUntil(() => /отменено/.test(hasty.answers[0]?.text ?? ""), answerMsMax);
  assert.equal(hasty.answers[0]?.markup, undefined, "its button went with the last edit");
  const told = telegram.calls.filter(({ method }) => method === "answerCallbackQuery");
  assert.deepEqual(told.map(({ values }) => String(values["text"])).toSorted(inOrder), [
    "Здесь нечего останавливать: вашего ничего не идёт.",
    "Здесь нечего останавливать: вашего ничего не идёт.",
    "Остановлено.",
    "Эта кнопка больше ни к чему не ведёт.",
  ]);

  await node.kill();
  await node.start();
  const end = "короткий ответ: расскажи";
  await telegram.waitUntil(() => patient.answers[0]?.text === end, answerMsMax);
  assert.equal(patient.answers.length, 1, "it is the same message");
  assert.equal(patient.answers[0]?.markup, undefined);
  assert.match(patient.answers[0]?.former.at(-1) ?? "", /^слово0 слово1/);
});
