import { firstValue } from "./arithmetic.ts";

const label = {
  source: /^(?:source|источник):\s*(.+)$/imu,
  question: /^(?:question|вопрос):\s*(.+)$/imu,
  answer: /^(?:answer|ответ):\s*(.+)$/imu,
};
/** Letters of a word that must stand in the source, and digits of any number of them. */
const wordPattern = /\p{L}{4,}|\d+/gu;
/** Letters by which a word is known, whatever its ending. */
const rootChars = 4;

/**
 * Whether the answer of a numbered item, `[q3]` and then lines that begin with Source, Question and Answer, is right: by
 * arithmetic where its question is a sum, else when every word of it stands in its source. `undefined` where there is no
 * such item. A judge as good as a careless reader: what the source says of something else passes.
 */
export function isItemRight(text: string, key: string): boolean | undefined {
  const from = text.indexOf(`[${key}]`);
  if (from === -1) return undefined;
  const next = text.indexOf("\n[", from + 1);
  const item = text.slice(from, next === -1 ? undefined : next);
  const answer = label.answer.exec(item)?.[1];
  const source = label.source.exec(item)?.[1];
  if (answer === undefined) return undefined;
  const value = source === undefined ? firstValue(label.question.exec(item)?.[1] ?? "") : null;
  if (value !== null) return Number.parseFloat(answer) === value;
  if (source === undefined) return undefined;
  const known = wordsOf(source).map(root);
  return wordsOf(answer).every((word) => known.includes(root(word)));
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(wordPattern) ?? [];
const root = (word: string): string => (/\d/.test(word) ? word : word.slice(0, rootChars));
