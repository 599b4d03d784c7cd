import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  type OpenAiEmulator,
  type Rule,
  startOpenAiEmulator,
  startTelegramEmulator,
  type TelegramEmulator,
} from "@adyton/emulators";
import { NodeProcess } from "./node-process.ts";
import { answersTo } from "./bot-answers.ts";

const answerMsMax = 20_000;

/** A node whose bot talks to the emulator: 1 owns it, 2 and 3 may speak. */
function startBot(
  telegram: TelegramEmulator,
  model: OpenAiEmulator,
  language: "en" | "ru",
  more: readonly string[] = [],
): Promise<NodeProcess> {
  const file = join(process.env["TMPDIR"] ?? "/tmp", `adyton-token-${telegram.port}`);
  writeFileSync(file, telegram.token, { mode: 0o600 });
  const config = [
    "telegram:",
    `  token_file: ${file}`,
    "  owners: [1]",
    "  allowed_user_ids: [2, 3]",
    `  api_root: ${telegram.apiRoot}`,
    ...more,
    "",
  ].join("\n");
  return NodeProcess.start({ backend: model.url, language, config });
}

const inOrder = (left: string, right: string): number => (left < right ? -1 : 1);
const words = (of: string, count: number): string =>
  Array.from({ length: count }, (_, at) => `${of}${at}`).join(" ");

/** What an owner says, and what the bot says to it, in both languages. */
const talk: readonly [said: string, en: RegExp, ru: RegExp][] = [
  ["/start", /^This is Adyton.*\/help/s, /^Это Adyton.*\/help/s],
  ["/start abc", /^This is Adyton/, /^Это Adyton/],
  ["/help", /^\/help — The commands.*\n\/self — /s, /^\/help — Команды.*\n\/self — /s],
  [
    "/nosuch",
    /^There is no command "nosuch"; \/help [\w ]+\.$/,
    /^Команды "nosuch" нет; \/help [а-яё, ]+\.$/,
  ],
  ["/new", /^The conversation starts afresh/, /^Беседа начата заново/],
  ["привет", /^echo привет$/, /^echo привет$/],
  ["/usage", /\d/, /\d/],
  ["/prompt Отвечай стихами", /^Inserted/, /^Вставлено/],
  ["/prompt", /^\/prompt needs a text/, /^Команде \/prompt нужен текст/],
  ['/resonance "кто ты?"', /adyton/i, /adyton/i],
  ["/command switch_mode NOSUCH", /^There is no mode/, /^Режима "NOSUCH" нет/],
  [
    "/mode нет",
    /^There is no mode "нет"\. Modes: .*DIRECT/,
    /^Режима "нет" нет\. Режимы: .*DIRECT/,
  ],
  ["/rethink", /./, /./],
  ["/stop", /^Nothing was running/, /^Ничего не выполнялось/],
];

describe("the bot", { concurrency: true }, () => {
  const echo: Rule = { reply: ({ lastUserText }) => `echo ${lastUserText}` };
  for (const language of ["en", "ru"] as const)
    it(`answer in one language, and with buttons (${language})`, async () => {
      await using telegram = await startTelegramEmulator();
      await using model = await startOpenAiEmulator({ rules: [echo] });
      await using node = await startBot(telegram, model, language);
      const owner = telegram.person({ id: 1, language });
      const waitForLast = (text: RegExp): Promise<void> =>
        telegram.waitUntil(() => text.test(answersTo(owner).at(-1)?.text ?? ""), answerMsMax);
      for (const [said, en, ru] of talk) {
        const before = answersTo(owner).length;
        owner.say(said);
        await telegram.waitUntil(
          () => answersTo(owner).length > before && answersTo(owner).at(-1)?.text !== "…",
          answerMsMax,
        );
        assert.match(answersTo(owner).at(-1)?.text ?? "", language === "en" ? en : ru, said);
      }

      // What tells how to begin is in the language of the reader's app, whatever the node's own is.
      const other = language === "en" ? "ru" : "en";
      const reader = telegram.person({ id: 3, language: other });
      for (const [said, en, ru] of talk.slice(0, 3)) {
        const before = answersTo(reader).length;
        reader.say(said);
        await telegram.waitUntil(
          () => answersTo(reader).length > before && answersTo(reader).at(-1)?.text !== "…",
          answerMsMax,
        );
        assert.match(answersTo(reader).at(-1)?.text ?? "", other === "en" ? en : ru, said);
      }

      owner.say("/mode");
      await waitForLast(/DIRECT/);
      const [mode] = answersTo(owner).slice(-1);
      assert.ok(mode !== undefined);
      const buttons = (mode.markup?.inline_keyboard ?? []).flat();
      const dataOf = (text: string): string =>
        String(buttons.find((button) => button["text"] === text)?.["callback_data"]);
      assert.ok(buttons.some(({ text }) => text === "✓ DIRECT"));
      owner.press(mode, dataOf("RAG"));
      await waitForLast(/RAG.*20/);
      const marked = mode.markup?.inline_keyboard.flat().map(({ text }) => String(text)) ?? [];
      assert.ok(marked.includes("✓ RAG") && marked.includes("DIRECT"));
      // A member who can read along has no button of the owner's, and forged data is no order.
      telegram.person({ id: 2 }).press(mode, dataOf("EXTRACTIVE"));
      owner.press(mode, "mode:1:NOSUCH");

      owner.say("/forget last");
      await waitForLast(/questions: 1|вопросов: 1/);
      const [forget] = answersTo(owner).slice(-1);
      const [erase, keep] = forget?.markup?.inline_keyboard.flat() ?? [];
      assert.ok(forget !== undefined && erase !== undefined && keep !== undefined);
      owner.press(forget, String(keep["callback_data"]));
      await waitForLast(/^(?:Nothing was erased|Ничего не стёрто)\.$/);
      assert.equal(forget.markup, undefined);
      owner.press(forget, String(erase["callback_data"]));
      await waitForLast(/^(?:Forgotten|Забыто)/);
      const toasts = telegram.calls
        .filter(({ method }) => method === "answerCallbackQuery")
        .map(({ values }) => ("text" in values ? String(values["text"]) : ""));
      assert.equal(toasts.length, 5, "each press is answered once");
      assert.equal((await node.journal("memory.forgotten")).length, 1);
      assert.deepEqual(
        toasts.map((toast) => /button|Эта кнопка|There is no mode|Режима/.test(toast)),
        [false, true, true, false, false],
      );
      assert.match(mode.text, /RAG/);
    });

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
    const grown = (each: typeof patient): boolean => /слово5/.test(answersTo(each)[0]?.text ?? "");
    await telegram.waitUntil(() => grown(patient) && grown(hasty), answerMsMax);
    const [shown] = answersTo(hasty);
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
    await telegram.waitUntil(
      () => /Ответ остановлен/.test(answersTo(hasty)[0]?.text ?? ""),
      answerMsMax,
    );
    assert.equal(answersTo(hasty)[0]?.markup, undefined, "its button went with the last edit");
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
    await telegram.waitUntil(() => answersTo(patient)[0]?.text === end, answerMsMax);
    assert.equal(answersTo(patient).length, 1, "it is the same message");
    assert.equal(answersTo(patient)[0]?.markup, undefined);
    assert.match(answersTo(patient)[0]?.former.at(-1) ?? "", /^слово0 слово1/);
  });

  it("takes edited words in place of those that wait, and later as a question that says so", async () => {
    const slow: Rule = { times: 1, reply: () => words("слово", 80) };
    await using telegram = await startTelegramEmulator();
    await using model = await startOpenAiEmulator({ rules: [slow, echo], tokenDelayMs: 5 });
    await using node = await startBot(telegram, model, "ru");
    const person = telegram.person({ id: 2 });
    const first = person.say("первый вопрос");
    const second = person.say("второй вапрос");
    const edited = person.edit(second, "второй вопрос");
    telegram.push("edited_message", Object(edited?.["edited_message"]));
    const texts = (): string[] => answersTo(person).map(({ text }) => text);
    await telegram.waitUntil(() => texts().includes("echo второй вопрос"), answerMsMax);
    assert.match(texts()[0] ?? "", /^слово0 .* слово79$/);
    const [cancelled] = await node.journal("turn.failed");
    assert.equal(cancelled?.["facts"].code, "cancelled");

    person.edit(first, "первый вопрос, иначе");
    const anew = "echo (Это сообщение исправлено.)\nпервый вопрос, иначе";
    await telegram.waitUntil(() => texts().includes(anew), answerMsMax);
    assert.equal(answersTo(person).at(-1)?.replyTo, first.id, "it names what it answers");
    person.edit(first, "/help");
    await telegram.waitUntil(() => /\/self/.test(texts().at(-1) ?? ""), answerMsMax);
    assert.equal(texts().length, 4, "nothing for words that did not change");
    assert.equal((await node.journal("turn.received")).length, 4);
  });

  it("shows an answer in a draft where that is asked for, and stops it there", async () => {
    const long: Rule = { times: 1, reply: () => words("слово", 400) };
    await using telegram = await startTelegramEmulator();
    await using model = await startOpenAiEmulator({ rules: [long, echo], tokenDelayMs: 10 });
    await using node = await startBot(telegram, model, "ru", ["  drafts: true"]);
    const person = telegram.person({ id: 2 });
    person.say("расскажи");
    await telegram.waitUntil(() => /слово5/.test(person.draft ?? ""), answerMsMax);
    assert.deepEqual(answersTo(person), [], "no message stands beneath a draft");
    // Another person's stop, with the same draft's number, stops nothing.
    const [drafted] = telegram.calls.filter(({ method }) => method === "sendMessageDraft");
    const draft = { draft_id: drafted?.values["draft_id"] };
    const other = telegram.person({ id: 3 });
    telegram.push("stopped_message_generation", { chat: { id: 3, type: "private" }, ...draft });
    other.say("и мне");
    await telegram.waitUntil(() => answersTo(other).at(-1)?.text === "echo и мне", answerMsMax);
    assert.deepEqual(await node.journal("turn.failed"), []);
    person.stopDraft();
    await telegram.waitUntil(
      () => /Ответ остановлен/.test(answersTo(person)[0]?.text ?? ""),
      answerMsMax,
    );
    assert.equal(answersTo(person).length, 1);
    assert.equal(person.draft, undefined, "the message took its place");
  });
});
