import { join } from "node:path";
import { type Bilingual, problem } from "@adyton/protocol";
import type { NodeKeys } from "./adapters/keys/node-keys.ts";
import type { Journal } from "./adapters/sqlite/journal.ts";
import { tellingProblems } from "./app/storage-problem.ts";
import { ProblemError } from "./domain/problem-error.ts";
import type { HomeFiles } from "./home.ts";

interface Parts {
  readonly files: HomeFiles;
  readonly keys: NodeKeys;
  readonly journal: Journal;
  readonly language: keyof Bilingual;
}

/** What all records have that the node writes of itself. */
export const nodeRecord = {
  owner: "node",
  actor: "node",
  tier: "owner",
  class: "record",
  origin: "node",
} as const;

const notMade = (why: string): Bilingual => ({
  en: `The backup was not made: ${why}`,
  ru: `Резервная копия не сделана: ${why}`,
});

/** Verifies the journal of the running node, in a thread of its own. */
export async function verifyJournal({ files, keys }: Parts, signal: AbortSignal) {
  const { runVerify } = await import("./adapters/sqlite/maintenance-thread.ts");
  return runVerify(
    { file: files.journal, headFile: files.head, headKey: keys.headKey, nodeId: keys.nodeId },
    { signal },
  );
}

/** Backs the journal up while the node runs, and records that. Throws `ProblemError` of the storage. */
export async function backUpJournal(
  { files, keys, journal, language }: Parts,
  signal: AbortSignal,
) {
  const { MaintenanceThreadError, runBackup } =
    await import("./adapters/sqlite/maintenance-thread.ts");
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const report = await runBackup(
    {
      file: files.journal,
      headFile: files.head,
      headKey: keys.headKey,
      keyFile: files.key,
      nodeId: keys.nodeId,
    },
    join(files.backups, stamp),
    { signal },
  ).catch((error: unknown) => {
    if (!(error instanceof MaintenanceThreadError)) throw error;
    // The thread's error has no code; the words of the system and of SQLite for a full disk are these.
    const code = /ENOSPC|disk is full/.test(error.message) ? "storage_full" : "storage_failed";
    const detail = notMade(error.message)[language];
    throw new ProblemError(problem(code, { detail }), { cause: error });
  });
  const facts = { lastSeq: report.lastSeq, hash: report.headHash };
  await tellingProblems(journal, language).append({
    records: [{ ...nodeRecord, type: "journal.backed_up", facts }],
  });
  return report;
}
