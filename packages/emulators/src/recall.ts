export const factsMax = 10_000;
const keyAliases: ReadonlyArray<readonly string[]> = [
  ["mode", "режим", "active_mode", "current_mode", "mode_name"],
  ["language", "язык"],
  ["limits", "limit", "лимит", "лимиты", "ограничения"],
  ["overlays", "overlay", "оверлеи", "намерения"],
  ["last_event", "lastevent", "last event", "последнее событие"],
];

// Words are bounded and start at a word's start, so the search stays linear on megabytes of base64.
const word = String.raw`[\p{L}\p{N}_-]{1,40}`;
const factPattern = new RegExp(
  String.raw`(?<![\p{L}\p{N}_-])(${word}(?:[ .]${word}){0,3})["'»]?\s{0,3}(?::|=|—|–|\sis[^\S\n]|\sequals[^\S\n]|\sэто[^\S\n]|\sравен[^\S\n]|\sравно[^\S\n]|\sравна[^\S\n])[^\S\n]{0,3}["'«]?([^\s"'«»,;<>{}\[\]](?:[^\n"'«»,;<>{}\[\]]{0,78}[^\s"'«»,;<>{}\[\].])?)`,
  "giu",
);

export type Facts = ReadonlyMap<string, string>;

/**
 * Statements of the form "key: value", "key = value", "key is value", «ключ это значение» in a text. A key of several
 * words is kept whole and by its last word. A statement stands on one line, and a later one replaces an earlier.
 */
export function factsIn(text: string): Facts {
  const facts = new Map<string, string>();
  for (const [, key, value] of text.matchAll(factPattern)) {
    if (key === undefined || value === undefined) continue;
    const lower = key.toLowerCase();
    for (const name of new Set([lower, lower.split(/[ .]/u).at(-1) ?? lower])) {
      if (facts.size >= factsMax) return facts;
      facts.set(name, value);
    }
  }
  return facts;
}

/** The value stated for a property, by its own name, its name in words, or a known name in the other language. */
export function factFor(facts: Facts, key: string): string | undefined {
  const lower = key.toLowerCase();
  const spaced = key
    .replaceAll(/([a-z])([A-Z])/gu, "$1 $2")
    .replaceAll(/[_-]/gu, " ")
    .toLowerCase();
  const names = [lower, spaced, ...(keyAliases.find((aliases) => aliases.includes(lower)) ?? [])];
  for (const name of names) {
    const value = facts.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The question of a prompt: what follows the last blank line of the last user text. */
export function questionOf(lastUserText: string): string {
  return lastUserText.slice(lastUserText.trimEnd().lastIndexOf("\n\n") + 1).trim();
}

const asksPattern =
  /canar|needle|recall|what do you remember|канарейк|игл[ауые]|вспомни|метк[ауие]/iu;

/** True when a question asks for planted facts, in either language. */
export function asksToRecall(question: string): boolean {
  return asksPattern.test(question);
}

/** The stated facts whose key the question names, one "key = value" a line, or null when there are none. */
export function recalled(facts: Facts, question: string): string | null {
  const asked = new Set(question.toLowerCase().match(/[\p{L}\p{N}_-]+/gu) ?? []);
  const lines = [...facts]
    .filter(([key]) => !/[ .]/u.test(key) && asked.has(key))
    .map(([key, value]) => `${key} = ${value}`);
  return lines.length > 0 ? lines.join("\n") : null;
}
