import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { indexTerm } from "../../packages/core/src/domain/search/terms.ts";

/** Bytes of the pieces of a text that are looked for. */
const pieceBytes = 16;

/** Every file in a folder, by its path in it. */
function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(folder, name), { throwIfNoEntry: false })?.isFile(),
  );
}

/**
 * Where a text stands in the raw bytes of a folder, by file: any 16 bytes of it, as it is, in small and in capital letters,
 * as JSON writes it, and the stem of each of its `words`. Made-up words are found wherever the index keeps them.
 */
export function rawTraces(
  folder: string,
  text: string,
  words: readonly string[],
): Map<string, string[]> {
  const forms = new Set([
    text,
    text.toLowerCase(),
    text.toUpperCase(),
    JSON.stringify(text).slice(1, -1),
  ]);
  const pieces = new Set<string>();
  for (const form of forms) {
    const bytes = Buffer.from(form);
    for (let at = 0; at + pieceBytes <= bytes.length; at += 1)
      pieces.add(bytes.toString("latin1", at, at + pieceBytes));
  }
  for (const word of words)
    for (const form of [word, word.toLowerCase(), indexTerm(word)])
      pieces.add(Buffer.from(form).toString("latin1"));
  const found = new Map<string, string[]>();
  for (const name of files(folder)) {
    const bytes = readFileSync(join(folder, name), "latin1");
    const here = [...pieces].filter((piece) => bytes.includes(piece));
    if (here.length > 0)
      found.set(
        relative(folder, join(folder, name)),
        here.slice(0, 3).map((piece) => Buffer.from(piece, "latin1").toString()),
      );
  }
  return found;
}
