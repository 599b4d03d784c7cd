// The answer of a node without a model: a literal quotation from memory with its source, or the plain statement that
// memory holds none. Nothing here composes sentences about the subject, so nothing can be invented.
import { listItems, markdownBlocks } from "../domain/search/blocks.ts";
import type { Block } from "../domain/search/blocks.ts";
import type { SearchHit, SearchResult } from "../domain/search/search-contract.ts";
import { sentences } from "../domain/search/sentences.ts";
import type { Span } from "../domain/search/sentences.ts";
import { indexTerms, languageOf, queryTerms } from "../domain/search/terms.ts";
import type { Language } from "../domain/search/terms.ts";
import { scoreFloor } from "../domain/search/score.ts";

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
}

export type ExtractiveAnswer =
  | { readonly found: true; readonly text: string; readonly citations: readonly Citation[] }
  | { readonly found: false; readonly text: string };

const words: Readonly<Record<Language, { notFound: string; source: string; seeAlso: string }>> = {
  en: {
    notFound:
      "Not found in memory. No language model is connected, so only what memory holds can be quoted. Try other words, or add a document.",
    source: "Source",
    seeAlso: "See also",
  },
  ru: {
    notFound:
      "Не найдено в памяти. Модель не подключена, поэтому узел может только цитировать память. Попробуйте другие слова или добавьте документ.",
    source: "Источник",
    seeAlso: "См. также",
  },
};

/**
 * Quotes the passage that answers the question best, at most `quoteCharsMax` characters, never cut inside a sentence, a
 * list item or a code block. The words around the quotation are in the language of the question.
 */
export function answerFromMemory(question: string, result: SearchResult): ExtractiveAnswer {
  const framing = words[languageOf(question)];
  const best = result.hits[0];
  const quote = result.found && best ? quoteFrom(best.text, question) : undefined;
  if (best === undefined || quote === undefined) return { found: false, text: framing.notFound };
  const { documentId, title, source, heading, seq } = best;
  const others = result.hits
    .slice(1)
    .filter((hit) => hit.score >= scoreFloor && languageOf(hit.text) === languageOf(best.text))
    .map((hit) => placeOf(hit))
    .filter((place, index, all) => place !== placeOf(best) && all.indexOf(place) === index)
    .slice(0, seeAlsoMax);
  const lines = [
    `${framing.source}: ${placeOf(best)}`,
    ...others.map((place) => `${framing.seeAlso}: ${place}`),
  ];
  return {
    found: true,
    text: `${quote}\n\n${lines.join("\n")}`,
    citations: [{ documentId, title, source, heading, quote, seq }],
  };
}

function placeOf(hit: SearchHit): string {
  const path = hit.heading.filter((title) => title !== hit.title);
  return `${[hit.title, ...path].join(" › ")} (${hit.source})`;
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
