import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { normalise } from "../src/domain/search/normalise.ts";
import type { DocumentInput } from "../src/domain/search/search-contract.ts";
import { indexTerms } from "../src/domain/search/terms.ts";

interface StressDocument {
  readonly id: string;
  readonly text: string;
}

interface StressQuery {
  readonly text: string;
  /** The one document that has all of the query's words. */
  readonly document: string;
}

interface StressSet {
  readonly documents: readonly StressDocument[];
  readonly queries: readonly StressQuery[];
  readonly lexemes: number;
}

/** Words that are asked for in one document. */
const lexemesPerDocument = 5;

/** What stands around them, in no form of any of them. */
const filler = {
  ru: "Вчера утром там ничего особенного не было, зато вечером дождь шёл долго и мокрая трава блестела под фонарём".split(
    " ",
  ),
  en: "Yesterday morning nothing special happened there, but in the evening it rained for long and grass shone under lamps".split(
    " ",
  ),
} as const;

/** The words of `paradigms.txt`, each as its forms. */
function readParadigms(): readonly (readonly string[])[] {
  return readFileSync(join(import.meta.dirname, "paradigms.txt"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(" "));
}

/**
 * A worst case for word forms, not an estimate of quality: a query has the words of its document, and no form of them
 * that stands there. Every document has another set of words, so one alone is right. `random` gives 0 to 1.
 */
export function stressSet(
  random: () => number,
  counts: { readonly documents: number; readonly queries: number },
): StressSet {
  const paradigms = readParadigms();
  const isEnglish = ([first]: readonly string[]) => /^[a-z]/u.test(first ?? "");
  const english = { filler: filler.en, words: paradigms.filter(isEnglish) };
  const russian = { filler: filler.ru, words: paradigms.filter((word) => !isEnglish(word)) };
  const pick = <T>(list: readonly T[]): T => {
    const chosen = list[Math.floor(random() * list.length)];
    if (chosen === undefined) throw new RangeError("an empty list has nothing to pick");
    return chosen;
  };
  const taken = new Set<string>();
  const documents: StressDocument[] = [];
  const queries: StressQuery[] = [];
  while (documents.length < counts.documents) {
    // As many documents of a language as it has words.
    const inRussian = random() < russian.words.length / paradigms.length;
    const group = inRussian ? russian : english;
    const words = new Set<readonly string[]>();
    while (words.size < lexemesPerDocument) words.add(pick(group.words));
    const key = [...words]
      .map(([first]) => first)
      .toSorted((left, right) => (left ?? "").localeCompare(right ?? ""))
      .join(" ");
    if (taken.has(key)) continue;
    taken.add(key);
    const id = `d${documents.length}`;
    const shown = [...words].map((forms) => ({ forms, form: pick(forms) }));
    const parts = shown.flatMap(({ form }) => [form, pick(group.filler)]);
    documents.push({ id, text: `${parts.join(" ")}.` });
    if (queries.length === counts.queries) continue;
    const asked = shown.map(({ forms, form }) => pick(forms.filter((other) => other !== form)));
    queries.push({ text: asked.join(" "), document: id });
  }
  return { documents, queries, lexemes: paradigms.length };
}

/** The stress set as documents of the index. */
export function asInputs({ documents }: StressSet): DocumentInput[] {
  return documents.map(({ id, text }, index) => ({
    documentId: id,
    owner: null,
    title: "x",
    source: "stress",
    mediaType: "text/plain",
    tier: "owner",
    ingestedBy: "owner",
    cause: 1,
    expiresMs: null,
    seq: index + 1,
    text,
  }));
}

/** How a way to search does: the share of queries whose document comes first, and is among the first ten. */
export function measure(
  { queries }: StressSet,
  ask: (query: string) => readonly string[],
): { readonly first: number; readonly firstTen: number } {
  let first = 0;
  let firstTen = 0;
  for (const { text, document } of queries) {
    const at = ask(text).slice(0, 10).indexOf(document);
    if (at === 0) first += 1;
    if (at >= 0) firstTen += 1;
  }
  return { first: first / queries.length, firstTen: firstTen / queries.length };
}

/** A plain FTS5 table, to compare with: how a text is written into it and how a question becomes its terms. */
interface Control {
  readonly tokenizer: string;
  readonly write: (text: string) => string;
  readonly terms: (query: string) => readonly string[];
}

const wordsOf = (text: string) => text.match(/\p{L}+/gu) ?? [];
const trigramsOf = (word: string) =>
  Array.from({ length: Math.max(0, word.length - 2) }, (_, at) => word.slice(at, at + 3));

/** What each part of the search does alone, and what SQLite does without any of them. */
export const controls: Readonly<Record<string, Control>> = {
  "no stemming": { tokenizer: "unicode61", write: (text) => text, terms: wordsOf },
  "English stemming": { tokenizer: "porter unicode61", write: (text) => text, terms: wordsOf },
  "stems alone": {
    tokenizer: "unicode61",
    write: (text) => indexTerms(text).join(" "),
    terms: indexTerms,
  },
  "trigrams of the text": {
    tokenizer: "trigram",
    write: normalise,
    terms: (query) => wordsOf(normalise(query)).flatMap(trigramsOf),
  },
};

/** A way to search by a control. */
export function controlSearch(
  { documents }: StressSet,
  { tokenizer, write, terms }: Control,
): (query: string) => readonly string[] {
  const database = new DatabaseSync(":memory:");
  database.exec(`CREATE VIRTUAL TABLE control USING fts5 (text, tokenize = '${tokenizer}')`);
  const insert = database.prepare("INSERT INTO control (rowid, text) VALUES (?, ?)");
  for (const [index, { text }] of documents.entries()) insert.run(index, write(text));
  const find = database.prepare(
    "SELECT rowid FROM control WHERE control MATCH ? ORDER BY rank LIMIT 10",
  );
  return (query) => {
    const match = [...new Set(terms(query))].map((term) => `"${term}"`).join(" OR ");
    return find.all(match).map((row) => documents[Number(row["rowid"])]?.id ?? "");
  };
}
