import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import type { BackupFiles } from "../journal-files.ts";
import { verifyJournal } from "../verify.ts";
import { seeded } from "../../../../test/seeded.ts";
import { copyJournal, dump } from "./journal-fixture.ts";

/**
 * Flips one bit or byte of a closed journal's file at a time, anywhere. Each flip must be found by verification, or
 * every table must read as before. Half of the flips fall on bytes that are not zero, because most of a file is.
 */
export function flipBytes(
  original: BackupFiles,
  folder: string,
  { flips, seed }: { readonly flips: number; readonly seed: number },
): { readonly found: number; readonly harmless: number } {
  const random = seeded(seed);
  const files = copyJournal(original, folder);
  const bytes = readFileSync(original.file);
  const expected = dump(original.file);
  let found = 0;
  let harmless = 0;
  for (let index = 0; index < flips; index += 1) {
    let at = Math.floor(random() * bytes.length);
    // The first page holds the header and the schema; every tenth flip goes there.
    if (index % 10 === 0) at = Math.floor(random() * 4_096);
    else if (index % 2 === 0) while (bytes[at] === 0) at = (at + 1) % bytes.length;
    const mask = random() < 0.5 ? 1 << Math.floor(random() * 8) : 1 + Math.floor(random() * 255);
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ mask;
    for (const end of ["-wal", "-shm"]) rmSync(files.file + end, { force: true });
    writeFileSync(files.file, flipped);
    if (!verifyJournal(files).clean) {
      found += 1;
      continue;
    }
    assert.equal(dump(files.file), expected, `seed ${seed}: byte ${at} xor ${mask} was not found`);
    harmless += 1;
  }
  return { found, harmless };
}
