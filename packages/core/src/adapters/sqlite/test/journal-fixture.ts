import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { NewRecord, RecordGroup, RetentionClass } from "../../../domain/journal/record.ts";
import { loadNodeKeys } from "../../keys/node-keys.ts";
import { encodeGroup } from "../encoded-group.ts";
import type { BackupFiles } from "../journal-files.ts";
import { JournalWriter, type WriteOutcome } from "../journal-writer.ts";

/** A home of a node in a temporary folder, removed with it. */
export interface TemporaryHome extends Disposable {
  readonly home: string;
  readonly files: BackupFiles;
}

export function temporaryHome(parent = tmpdir()): TemporaryHome {
  const home = mkdtempSync(join(parent, "adyton-journal-"));
  return {
    home,
    files: filesIn(home),
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}

export function filesIn(home: string): BackupFiles {
  const { nodeId, headKey } = loadNodeKeys(home);
  return {
    nodeId,
    headKey,
    file: join(home, "journal.db"),
    headFile: join(home, "journal.head"),
    keyFile: join(home, "node.key"),
  };
}

export const byNode = { owner: "node", actor: "node", tier: "owner" } as const;

/** A record from outside whose payload holds `text`. */
export function said(text: string, kind: RetentionClass = "message"): NewRecord {
  return {
    origin: "outside",
    type: "channel.said",
    class: kind,
    owner: "anna",
    actor: "anna",
    tier: "member",
    conversation: "c1",
    facts: {},
    data: { text },
  };
}

export function received(run: string, conversation = "c1", actor = "anna"): NewRecord {
  return {
    origin: "node",
    type: "turn.received",
    class: "message",
    owner: actor,
    actor,
    tier: "member",
    conversation,
    facts: { run, mode: "plain", detached: false },
    data: { text: `вопрос ${run}` },
  };
}

export function answered(run: string, conversation = "c1", actor = "anna"): NewRecord {
  return {
    origin: "node",
    type: "turn.answered",
    class: "message",
    owner: actor,
    actor,
    tier: "member",
    conversation,
    cause: "first",
    facts: { run, by: "model", promptTokens: 7, completionTokens: 5, ms: 12 },
    data: { text: `answer ${run}` },
  };
}

/** Appends groups, each in a commit of its own, and answers the last outcome. */
export function append(writer: JournalWriter, ...groups: readonly RecordGroup[]): WriteOutcome {
  let last: WriteOutcome | undefined;
  for (const group of groups) [last] = writer.append([encodeGroup(group)]);
  if (last === undefined) throw new Error("nothing was appended");
  return last;
}

/** Every row of every table as text: two files with the same dump are read the same. */
export function dump(file: string): string {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .all()
      .map((row) => String(row["name"]));
    return tables
      .map((name) => {
        const rows = database.prepare(`SELECT * FROM ${name} ORDER BY 1, 2`).all();
        return `${name}\n${rows.map((row) => JSON.stringify(row)).join("\n")}`;
      })
      .join("\n");
  } finally {
    database.close();
  }
}

/** How often a text stands in the raw bytes of the database and its log. */
export function occurrences(file: string, text: string): number {
  const needle = Buffer.from(text);
  let count = 0;
  for (const suffix of ["", "-wal", "-shm"]) {
    if (!existsSync(file + suffix)) continue;
    const bytes = readFileSync(file + suffix);
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) count += 1;
  }
  return count;
}

export function copyJournal(from: BackupFiles, to: string): BackupFiles {
  const target = {
    ...from,
    file: join(to, "journal.db"),
    headFile: join(to, "journal.head"),
  };
  for (const suffix of ["", "-wal", "-shm"]) {
    rmSync(target.file + suffix, { force: true });
    if (existsSync(from.file + suffix)) copyFileSync(from.file + suffix, target.file + suffix);
  }
  rmSync(target.headFile, { force: true });
  if (existsSync(from.headFile)) copyFileSync(from.headFile, target.headFile);
  return target;
}

export const dayMs = 86_400_000;

/** A journal with everything in it: turns, keys, documents, tokens, erased payloads and rows beside the chain. */
export function richJournal(files: BackupFiles, turns = 40): void {
  let now = Date.UTC(2026, 0, 1);
  using writer = new JournalWriter({ ...files, now: () => now });
  for (let index = 0; index < turns; index += 1) {
    now += dayMs / 8;
    const key = Buffer.alloc(32, index + 1);
    const run = `r${index}`;
    append(
      writer,
      { records: [received(run)], dedupe: { key, fingerprint: Buffer.alloc(32, 7) } },
      { records: [answered(run)], resultOf: key },
      { records: [said(`trace ${run} ${"след ".repeat(index * 3)}`, "trace")] },
    );
  }
  append(writer, {
    records: [
      {
        ...byNode,
        origin: "node",
        type: "memory.document.added",
        class: "record",
        facts: {
          document: "d1",
          sourceKey: "s1",
          mediaType: "text/plain",
          sha256: "0".repeat(64),
          bytes: 9_000,
          shared: true,
        },
        data: { text: "документ ".repeat(1_000) },
      },
    ],
  });
  writer.noteTokenUse("cli", now);
  writer.noteRetention("trace", 3);
}
