import { foldText } from "./folded-text.ts";
import { joined, type Leak, tokenLeaks } from "./leak-patterns.ts";
import { linkLeaks } from "./link-leaks.ts";
import { settledEnd } from "./settled-end.ts";
import { OwnAddresses } from "./own-addresses.ts";
import { type OwnIdentity, type OwnWord, ownWords } from "./own-identity.ts";
import { traceLeaks } from "./trace-leaks.ts";
import { WordFinder } from "./word-finder.ts";

export interface LeakRules {
  /** Words of the owner's that may not leave. */
  readonly hide: readonly string[];
  /** Names that may leave although the machine has them. */
  readonly keep: readonly string[];
  /** Hosts whose links may carry anything. */
  readonly links: readonly string[];
}

const wordUnit = /[\p{L}\p{N}_]/u;
/** What ends a path. */
const pathEnd = /[\s"'`<>|*?:;,()[\]{}«»”]|$/u;

/**
 * Finds what tells where a node runs, and its keys, in a text that is about to leave. It takes one pass for all words and
 * one for each pattern, so its time grows with the text alone.
 */
export class LeakFinder {
  readonly #addresses: OwnAddresses;
  readonly #words: readonly OwnWord[];
  readonly #finder: WordFinder;
  readonly #links: readonly string[];
  readonly #wordUnitsMax: number;

  constructor(identity: OwnIdentity, rules: LeakRules) {
    this.#addresses = new OwnAddresses(identity.addresses, identity.cards);
    this.#words = ownWords(identity, rules);
    const folded = this.#words.map(({ text }) => foldText(text).small);
    this.#finder = new WordFinder(folded);
    this.#wordUnitsMax = Math.max(0, ...folded.map(({ length }) => length));
    this.#links = rules.links;
  }

  /** How much of a text that still grows can be shown: no leak reaches over its end, now or later. */
  settled(original: string): number {
    const { text, at } = foldText(original);
    const end = at[settledEnd(text, this.#wordUnitsMax)] ?? 0;
    return this.find(original).find((leak) => leak.end > end && leak.start < end)?.start ?? end;
  }

  /** Every leak, in order; none overlaps another. */
  find(original: string): readonly Leak[] {
    const { text, small, at } = foldText(original);
    const leaks: Leak[] = [
      ...tokenLeaks(text),
      ...linkLeaks(text, this.#links),
      ...traceLeaks(text),
    ];
    for (const { start, end } of this.#addresses.find(text))
      leaks.push({ kind: "address", start, end });
    for (const { word, start, end } of this.#finder.find(small)) {
      const own = this.#words[word];
      if (own === undefined || !stands(own, text, start, end)) continue;
      const whole = own.place === "path" ? end + text.slice(end).search(pathEnd) : end;
      leaks.push({ kind: own.kind, start, end: whole });
    }
    return joined(leaks).map(({ kind, start, end }) => ({
      kind,
      start: at[start] ?? 0,
      end: at[end] ?? original.length,
    }));
  }
}

/** Whether a word that was found is the one meant, by what stands around it. */
function stands(own: OwnWord, text: string, start: number, end: number): boolean {
  const { place, isExact } = own;
  if (isExact && text.slice(start, end) !== foldText(own.text).text) return false;
  const before = text.slice(Math.max(0, start - 2), start);
  const after = text.slice(end, end + 2);
  switch (place) {
    case "anywhere":
      return true;
    case "word":
      return !wordUnit.test(before.slice(-1)) && !wordUnit.test(after.charAt(0));
    // `atlas.example.com` and `my-atlas` are other hosts.
    case "host":
      return (
        !/[\p{L}\p{N}_.-]$/u.test(before) && !/^(?:[\p{L}\p{N}_-]|\.[\p{L}\p{N}])/u.test(after)
      );
    case "path":
      return !/[\p{L}\p{N}_.~-]$/u.test(before) && !/^[\p{L}\p{N}_-]/u.test(after);
  }
}
