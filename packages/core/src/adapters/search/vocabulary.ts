import type { DatabaseSync } from "node:sqlite";
import { closeness } from "../../domain/search/closeness.ts";
import { inverseFrequency } from "../../domain/search/score.ts";
import type { WeighedTerm } from "../../domain/search/score.ts";
import { soundKey } from "../../domain/search/sound-key.ts";
import { isStopWord } from "../../domain/search/stop-words.ts";
import { synonymsOf } from "../../domain/search/synonyms.ts";
import { indexTerm, queryTerms } from "../../domain/search/terms.ts";
import type { QueryTerm } from "../../domain/search/terms.ts";
import { text, whole } from "./row.ts";

const variantsMax = 12;
const soundNeighboursMax = 8;
const endingNeighboursMax = 64;
const trigramNeighboursMax = 200;
/** Entries the trigram index may be asked for by one mistyped word: its rarest trigrams, not all of them. */
const trigramsPerWordMax = 12;

interface Row {
  readonly term: string;
  readonly sound: string;
  readonly chunks: number;
}

const columns = "SELECT term, terms.sound AS sound, chunks FROM terms";

/** A query term with the forms the collection has of it, and how many chunks hold each. */
export interface KnownTerm extends WeighedTerm {
  readonly chunks: ReadonlyMap<string, number>;
}

/** The words of the collection. Its trigrams are over these words and not over the text, which keeps them few. */
export class Vocabulary {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The topic words of a question, each with its forms and weight; `total` is the number of chunks. */
  recognise(query: string, total: number): KnownTerm[] {
    return queryTerms(query)
      .flatMap((term) => this.#divide(term))
      .map((term) => this.#know(term, total));
  }

  /** An unknown Latin word that is two known ones written together (`LMStudio`) is asked for as those two. */
  #divide(term: QueryTerm): QueryTerm[] {
    if (!/^[a-z]{6,}$/u.test(term.term) || this.#isKnown(term)) return [term];
    for (let at = 2; at <= term.term.length - 4; at += 1) {
      const parts = [term.term.slice(0, at), term.term.slice(at)].map((part) => {
        const stemmed = indexTerm(part);
        return { term: stemmed, sound: soundKey(stemmed), identifier: false };
      });
      if (parts.every((part) => !isStopWord(part.term) && this.#isKnown(part))) return parts;
    }
    return [term];
  }

  #isKnown(term: QueryTerm): boolean {
    const found = this.#database.prepare("SELECT 1 FROM terms WHERE term = ? OR sound = ? LIMIT 1");
    return found.get(term.term, term.sound) !== undefined;
  }

  /** Finds what else a term may be called: other endings, the other script, a mistyped letter, a synonym. */
  #know(term: QueryTerm, total: number): KnownTerm {
    const isKnown = this.#byTerm(term.term).length > 0;
    const variants = this.#neighbours(term, isKnown)
      .map((found) => ({ found, sureness: closeness({ ...term, isKnown }, found) }))
      .filter(({ found, sureness }) => sureness === 1 || (sureness > 0 && !isStopWord(found.term)))
      .concat(
        synonymsOf(term.term).flatMap(({ term: synonym, sureness }) =>
          this.#byTerm(synonym).map((found) => ({ found, sureness })),
        ),
      )
      .toSorted(
        (left, right) => right.sureness - left.sureness || right.found.chunks - left.found.chunks,
      )
      .slice(0, variantsMax);
    const chunksOfBest = variants
      .filter(({ sureness }) => sureness === variants[0]?.sureness)
      .reduce((sum, { found }) => sum + found.chunks, 0);
    return {
      identifier: term.identifier,
      weight: inverseFrequency(chunksOfBest, total),
      // Reversed, so that a term reached in two ways keeps the surer one.
      variants: new Map(variants.toReversed().map(({ found, sureness }) => [found.term, sureness])),
      chunks: new Map(variants.map(({ found }) => [found.term, found.chunks])),
    };
  }

  #neighbours(term: QueryTerm, isKnown: boolean): Row[] {
    const { sound } = term;
    const found = [
      ...this.#byTerm(term.term),
      ...this.#all(`${columns} WHERE sound = ? LIMIT ${soundNeighboursMax}`, sound),
    ];
    if (sound.length >= 4 && !/\p{N}/u.test(term.term)) {
      const prefix = sound.slice(0, Math.max(4, sound.length - 2));
      const longest = sound.length + 2;
      found.push(
        ...this.#all(
          `${columns} WHERE sound >= ?1 AND sound < ?1 || char(1114111) AND length(sound) <= ?2
           LIMIT ${endingNeighboursMax}`,
          prefix,
          longest,
        ),
      );
      if (!isKnown) found.push(...this.#mistyped(sound));
    }
    return [...new Map(found.map((neighbour) => [neighbour.term, neighbour])).values()];
  }

  #mistyped(sound: string): Row[] {
    const trigrams = new Set<string>();
    for (let at = 0; at + 3 <= sound.length && trigrams.size < trigramsPerWordMax; at += 1)
      trigrams.add(`"${sound.slice(at, at + 3).replaceAll('"', "")}"`);
    return this.#all(
      `SELECT term, terms.sound AS sound, chunks FROM terms_trigram JOIN terms ON terms.id = terms_trigram.rowid
       WHERE terms_trigram MATCH ?1 AND substr(terms.sound, 1, 1) = ?2
         AND length(terms.sound) BETWEEN ?3 - 2 AND ?3 + 2 LIMIT ${trigramNeighboursMax}`,
      [...trigrams].join(" OR "),
      sound.slice(0, 1),
      sound.length,
    );
  }

  #byTerm(term: string): Row[] {
    return this.#all(`${columns} WHERE term = ?`, term);
  }

  #all(sql: string, ...values: Array<string | number>): Row[] {
    return this.#database
      .prepare(sql)
      .all(...values)
      .map((row) => ({
        term: text(row, "term"),
        sound: text(row, "sound"),
        chunks: whole(row, "chunks"),
      }));
  }
}
