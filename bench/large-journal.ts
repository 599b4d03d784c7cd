import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { loadNodeKeys } from "../packages/core/src/adapters/keys/node-keys.ts";
import { Journal } from "../packages/core/src/adapters/sqlite/journal.ts";
import type { NewRecord } from "../packages/core/src/domain/journal/record.ts";
import { homeFiles } from "../packages/core/src/home.ts";
import type { BenchOptions } from "./figure.ts";
import { cacheFolder } from "./machine.ts";
import { NodeUnderTest } from "./under-test.ts";

const journalBytes = 1e9;
const quickJournalBytes = 2e7;
const writers = 256;
const conversations = 1_000;
const question = "What does a vault keep, and who was there before me? ".repeat(10);
const answer = "A vault keeps what is in it, and shows who was there. ".repeat(60);

/** The home of a node whose journal has a gigabyte, written once and kept; a small one of this run's own when quick. */
export async function largeHome({
  quick,
  folder,
}: Pick<BenchOptions, "quick" | "folder">): Promise<string> {
  const home = quick ? join(folder, "large") : join(cacheFolder, `journal-${writtenBy()}`);
  await ensureJournal(home, quick ? quickJournalBytes : journalBytes);
  return home;
}

/** Names what the journal was written by: another schema needs another journal. */
function writtenBy(): string {
  const core = join(import.meta.dirname, "../packages/core");
  const hash = createHash("sha256");
  for (const file of [
    ...globSync("migrations/*.sql", { cwd: core }).toSorted(),
    "src/adapters/sqlite/chain.ts",
    "src/adapters/sqlite/keyed-hash.ts",
    "src/adapters/sqlite/head-file.ts",
  ])
    hash.update(readFileSync(join(core, file)));
  return hash.digest("hex").slice(0, 12);
}

/** Fills a home's journal through its real writer, once. */
async function ensureJournal(home: string, bytes: number): Promise<void> {
  const done = join(home, ".filled");
  if (existsSync(done)) return;
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  // The node makes its own files first.
  await (await NodeUnderTest.start(home))[Symbol.asyncDispose]();
  const files = homeFiles(home);
  const { headKey, nodeId } = loadNodeKeys(home);
  await using journal = await Journal.open({
    file: files.journal,
    headFile: files.head,
    headKey,
    nodeId,
  });
  let turns = 0;
  const writer = async () => {
    while (statSync(files.journal).size < bytes) {
      turns += 1;
      await journal.append({ records: turnRecords(turns) });
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  writeFileSync(done, "");
}

function turnRecords(turn: number): readonly NewRecord[] {
  const run = `run_bench_${turn}`;
  const context = {
    origin: "node",
    class: "message",
    owner: "bench",
    actor: "bench",
    tier: "local",
    conversation: `cv_bench_${turn % conversations}`,
  } as const;
  return [
    {
      ...context,
      type: "turn.received",
      facts: { run, mode: "DIRECT", detached: false },
      data: { conversation: "bench", text: question },
    },
    {
      ...context,
      type: "turn.answered",
      cause: "first",
      facts: { run, by: "model", promptTokens: 300, completionTokens: 700, ms: 40 },
      data: { text: answer },
    },
  ];
}
