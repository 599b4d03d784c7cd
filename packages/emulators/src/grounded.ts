import type { GenerationRequest } from "./generation-request.ts";
import { isObject, type JsonValue } from "./json.ts";
import { plainPrompt } from "./prompt.ts";

const passagePattern = /<passage (\d{1,3})>\n([^]*?)\n<\/passage \1>/gu;
const questionPattern = /^(?:Question|Вопрос): (.+)$/gmu;
const sentenceEnd = /(?<=[.!?…])\s+|\n\s*\n|\n(?=[#|*>-])/u;
/** Letters of a word that count, and those by which it is known, whatever its ending. */
const wordPattern = /\p{L}{4,}|\d+/gu;
const rootChars = 4;
const quoteCharsMax = 600;

/**
 * The honest answer where a schema wants one with citations of numbered passages: the sentence that has the most words
 * of the question, quoted as it stands. Where no sentence has half of them, nothing is found. `undefined` where that is
 * not what is asked for. `visible` is what may be read of the prompt.
 */
export function answerFromPassages(
  request: GenerationRequest,
  visible: string = plainPrompt(request.messages),
): JsonValue | undefined {
  const properties = request.schema?.["properties"];
  const wanted = ["found", "answer", "citations"];
  if (!isObject(properties) || !wanted.every((key) => key in properties)) return undefined;
  const passages = [...visible.matchAll(passagePattern)];
  const question = [...visible.matchAll(questionPattern)].at(-1)?.[1];
  if (passages.length === 0 || question === undefined) return undefined;
  const asked = rootsOf(question);
  let best = { passage: 0, quote: "", matched: 0 };
  for (const [, number, text = ""] of passages)
    for (const quote of sentencesOf(text)) {
      const matched = asked.intersection(rootsOf(quote)).size;
      if (matched > best.matched) best = { passage: Number(number), quote, matched };
    }
  const { passage, quote, matched } = best;
  if (matched === 0 || matched < asked.size / 2) return { found: false, answer: "", citations: [] };
  return {
    found: true,
    answer: `${quote.replaceAll(/\s+/gu, " ")} [${passage}]`,
    citations: [{ passage, quote }],
  };
}

/** Sentences of a passage; its first line, in brackets, is the place it stands in, and headings say nothing. */
function sentencesOf(text: string): string[] {
  return text
    .replace(/^\([^\n]*\)\n/u, "")
    .split(sentenceEnd)
    .map((each) => each.trim())
    .filter((each) => !each.startsWith("#") && each.length <= quoteCharsMax);
}

function rootsOf(text: string): Set<string> {
  const words = text.toLowerCase().replaceAll("ё", "е").match(wordPattern) ?? [];
  return new Set(words.map((word) => (/\d/.test(word) ? word : word.slice(0, rootChars))));
}
