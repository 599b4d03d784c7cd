import type { DatabaseSync } from "node:sqlite";
import { type Head, readHead } from "./head-file.ts";
import { JournalError } from "./journal-error.ts";

/**
 * Compares the file with its signed head: a journal that ends earlier, or holds another record there, was cut or
 * replaced. A journal that goes on further is what a crash between commit and head leaves, and is accepted.
 */
export function checkHead(
  database: DatabaseSync,
  { headFile, headKey }: { readonly headFile: string; readonly headKey: Uint8Array },
  last: Head,
  start: Head,
): void {
  const outcome = readHead(headFile, headKey);
  const cure = "If you put this file here on purpose, run: adyton journal accept";
  if (outcome.kind === "invalid")
    throw new JournalError("head_invalid", `${headFile} was not written by this node. ${cure}`);
  if (outcome.kind === "absent") {
    if (last.seq === 0) return;
    throw new JournalError(
      "head_missing",
      `${headFile} is missing beside a journal of ${last.seq} records. ${cure}`,
    );
  }
  const { head } = outcome;
  const row = database.prepare("SELECT hash FROM event WHERE seq = ?").get(head.seq);
  const hash = head.seq === 0 ? start.hash : row?.["hash"];
  if (!(hash instanceof Uint8Array) || Buffer.compare(hash, head.hash) !== 0) {
    throw new JournalError(
      "tail_cut",
      `the journal ends at record ${last.seq}, but its signed head is record ${head.seq}: ` +
        `its tail was cut, or an older or foreign file was put in its place. ${cure}`,
    );
  }
}
