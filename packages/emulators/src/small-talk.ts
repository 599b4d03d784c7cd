import { languageOf, type Language } from "./language.ts";
import { seededUnit } from "./seeded.ts";

export const topicCharsMax = 80;

interface Phrases {
  readonly opening: string;
  readonly topic: (topic: string) => string;
  readonly nothingAsked: string;
  readonly middle: readonly string[];
  readonly closing: string;
}

const phrases: Record<Language, Phrases> = {
  en: {
    opening: "This is the Adyton emulator, not a language model: the text below is scripted.",
    topic: (topic) => `You wrote: “${topic}”.`,
    nothingAsked: "Your message held no text.",
    middle: [
      "A real model would reason about it here; the emulator only shows that the message arrived whole.",
      "The request went the full way: channel, journal, lane, backend and back.",
      "Timing, streaming and token counts behave as they do with a model server.",
      "The same message and the same seed give the same words, so a test can rely on them.",
      "Nothing was looked up and nothing was invented for this answer.",
      "Longer questions get the same kind of answer, only with a longer quotation cut short.",
    ],
    closing: "Connect a model server to get real answers.",
  },
  ru: {
    opening: "Это эмулятор Adyton, а не языковая модель: текст ниже составлен по шаблону.",
    topic: (topic) => `Вы написали: «${topic}».`,
    nothingAsked: "В вашем сообщении не было текста.",
    middle: [
      "Настоящая модель здесь рассуждала бы; эмулятор лишь показывает, что сообщение дошло целиком.",
      "Запрос прошёл весь путь: канал, журнал, очередь, сервер модели и обратно.",
      "Задержки, поток и счёт токенов ведут себя так же, как у сервера с моделью.",
      "Одно и то же сообщение с одним и тем же зерном даёт те же слова, и тест может на них опереться.",
      "Для этого ответа ничего не искалось и ничего не придумывалось.",
      "На длинный вопрос ответ того же рода, только цитата в нём короче вопроса.",
    ],
    closing: "Подключите сервер модели, чтобы получать настоящие ответы.",
  },
};

/** The answer when nothing else is scripted: the language of the message, its topic, and a plain word on what speaks. */
export function smallTalk(text: string, seed: number): string {
  const { opening, topic, nothingAsked, middle, closing } = phrases[languageOf(text)];
  const quoted = topicOf(text);
  const first = Math.floor(seededUnit(seed, text) * middle.length);
  const step = 1 + Math.floor(seededUnit(seed, "step", text) * (middle.length - 1));
  const second = (first + step) % middle.length;
  const about = quoted === "" ? nothingAsked : topic(quoted);
  return `${opening} ${about} ${middle[first]} ${middle[second]} ${closing}`;
}

function topicOf(text: string): string {
  const line = text
    .slice(0, topicCharsMax * 4)
    .replaceAll(/\s+/gu, " ")
    .trim();
  if (line.length <= topicCharsMax) return line;
  return `${line.slice(0, topicCharsMax).replace(/\s+\S*$|[\uD800-\uDBFF]$/u, "")}…`;
}
