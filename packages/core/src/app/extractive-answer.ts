// The answer of a node without a model: a literal quotation from memory with its source, or the plain statement that
// memory holds none. Nothing here composes sentences about the subject, so nothing can be invented.
import type { Provenance } from "@adyton/protocol";
import { listItems, markdownBlocks } from "../domain/search/blocks.ts";
import type { Block } from "../domain/search/blocks.ts";
import { placeOf } from "../domain/search/place.ts";
import type { SearchHit, SearchResult } from "../domain/search/search-contract.ts";
import { sentences } from "../domain/search/sentences.ts";
import type { Span } from "../domain/search/sentences.ts";
import { indexTerms, languageOf, queryTerms } from "../domain/search/terms.ts";
import type { Language } from "../domain/search/terms.ts";
import { isWorthQuoting } from "../domain/search/score.ts";
import { provenanceOf } from "./provenance.ts";

export const quoteCharsMax = 1_200;
const seeAlsoMax = 2;

export interface Citation {
  readonly documentId: string;
  readonly title: string;
  readonly source: string;
  readonly heading: readonly string[];
  /** A literal substring of the source document. */
  readonly quote: string;
  readonly seq: number;
  readonly provenance: Provenance;
}

export type ExtractiveAnswer =
  | {
      readonly found: true;
      readonly text: string;
      readonly citations: readonly Citation[];
      /** What is quoted or named. */
      readonly hits: readonly SearchHit[];
    }
  | { readonly found: false; readonly text: string };

/** Why memory is quoted and no model answers: none is connected, or the conversation or the message wants it so. */
export type QuotingReason = "no_model" | "conversation" | "message";

interface Words {
  readonly notFound: string;
  readonly why: Readonly<Record<QuotingReason, string>>;
  readonly advice: string;
  readonly hello: string;
  readonly example: string;
  readonly source: string;
  readonly seeAlso: string;
}

const words: Readonly<Record<Language, Words>> = {
  en: {
    notFound: "Not found in memory.",
    why: {
      no_model:
        "No language model is connected, so this node only quotes what its memory holds (adyton up --backend URL connects one).",
      conversation:
        "This conversation is in mode EXTRACTIVE, which only quotes memory; /command restore_mode brings the model back.",
      message:
        "The message was asked in mode EXTRACTIVE, which only quotes memory; ask it without a mode to reach the model.",
    },
    advice: "Try other words, or add a document.",
    hello: "Hello!",
    example: "Ask, for example: how do I connect a model? /help lists the commands.",
    source: "Source",
    seeAlso: "See also",
  },
  ru: {
    notFound: "Не найдено в памяти.",
    why: {
      no_model:
        "Модель не подключена, поэтому узел только цитирует свою память (подключить: adyton up --backend URL).",
      conversation:
        "Эта беседа в режиме EXTRACTIVE, который только цитирует память; модель вернёт /command restore_mode.",
      message:
        "Сообщение задано в режиме EXTRACTIVE, который только цитирует память; чтобы ответила модель, спросите без режима.",
    },
    advice: "Попробуйте другие слова или добавьте документ.",
    hello: "Здравствуйте!",
    example: "Спросите, например: как подключить модель? Команды покажет /help.",
    source: "Источник",
    seeAlso: "См. также",
  },
};

const greeting =
  /^(hi|hello|hey|good (morning|day|afternoon|evening)|привет(ик|ствую)?|здравствуй(те)?|добр(ый день|ый вечер|ое утро))( there|,? adyton)?[\s!.,…)]*$/iu;

/**
 * Quotes the passage that answers the question best, at most `quoteCharsMax` characters, never cut inside a sentence, a
 * list item or a code block. The words around the quotation are in the language of the question; where nothing is
 * found they say why no model answers, and how one would.
 */
export function answerFromMemory(
  question: string,
  result: SearchResult,
  reason: QuotingReason = "no_model",
): ExtractiveAnswer {
  const framing = words[languageOf(question)];
  const best = result.hits[0];
  const quote = result.found && best ? quoteFrom(best.text, question) : undefined;
  if (best === undefined || quote === undefined) {
    return { found: false, text: nothingFound(question, framing, reason) };
  }
  const { documentId, title, source, heading, seq } = best;
  const others = result.hits
    .slice(1)
    .filter((hit) => isWorthQuoting(hit) && languageOf(hit.text) === languageOf(best.text))
    .filter((hit, index, all) => {
      const isFirst = all.findIndex((each) => sourceOf(each) === sourceOf(hit)) === index;
      return isFirst && sourceOf(hit) !== sourceOf(best);
    })
    .slice(0, seeAlsoMax);
  const lines = [
    `${framing.source}: ${sourceOf(best)}`,
    ...others.map((hit) => `${framing.seeAlso}: ${sourceOf(hit)}`),
  ];
  return {
    found: true,
    text: `${quote}\n\n${lines.join("\n")}`,
    citations: [{ documentId, title, source, heading, quote, seq, provenance: provenanceOf(best) }],
    hits: [best, ...others],
  };
}

/** Whoever greets the node looks for nothing: what it can do is told instead of what it did not find. */
function nothingFound(question: string, framing: Words, reason: QuotingReason): string {
  const { notFound, why, advice, hello, example } = framing;
  return greeting.test(question.trim())
    ? `${hello} ${why[reason]} ${example}`
    : `${notFound} ${why[reason]} ${advice}`;
}

function sourceOf(hit: SearchHit): string {
  return `${placeOf(hit)} (${hit.source})`;
}

/** The part of a chunk to show: all of it when it is short, else the run of whole parts that fits the question best. */
function quoteFrom(text: string, question: string): string | undefined {
  const blocks = markdownBlocks(text);
  const body = blocks.filter((block) => block.kind !== "heading");
  // A note that is nothing but its heading is quoted as that.
  const parts = (body.length > 0 ? body : blocks)
    .flatMap((block) => divide(text, block))
    .filter((part) => part.end - part.start <= quoteCharsMax);
  const first = parts[0];
  const last = parts.at(-1);
  if (first === undefined || last === undefined) return undefined;
  if (body.length === 0 || isRun(text, first, last))
    return text.slice(first.start, last.end).trim();
  const wanted = new Set(queryTerms(question).map((term) => term.term));
  let chosen = { start: first.start, end: first.end, matched: -1 };
  for (const [index, from] of parts.entries()) {
    const to = parts.slice(index).findLast((part) => isRun(text, from, part)) ?? from;
    const present = new Set(indexTerms(text.slice(from.start, to.end)));
    const matched = wanted.intersection(present).size;
    // Equal matches keep the earlier run: a section says the main thing first.
    if (matched > chosen.matched) chosen = { start: from.start, end: to.end, matched };
  }
  return text.slice(chosen.start, chosen.end).trim();
}

/** Whether everything between two parts may be quoted together: short enough, and no heading or dropped part between. */
function isRun(text: string, from: Span, to: Span): boolean {
  return (
    to.end - from.start <= quoteCharsMax &&
    !/^#{1,6}\s/mu.test(withoutCode(text.slice(from.start, to.end)))
  );
}

function withoutCode(text: string): string {
  return text.replaceAll(/^(`{3,}|~{3,})[^]*?^\1/gmu, "");
}

function divide(text: string, block: Block): Span[] {
  if (block.end - block.start <= quoteCharsMax || block.kind === "code") return [block];
  if (block.kind === "list") return listItems(text, block);
  return sentences(text.slice(block.start, block.end)).map((span) => ({
    start: block.start + span.start,
    end: block.start + span.end,
  }));
}
