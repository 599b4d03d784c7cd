import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { JournalReader } from "../journal-reader.ts";
import { JournalWriter } from "../journal-writer.ts";
import { verifyJournal } from "../verify.ts";
import { seeded } from "../../../../test/seeded.ts";
import { temporaryHome } from "./journal-fixture.ts";

const script = new URL("./append-forever.ts", import.meta.url).pathname;
const appendMsMax = 100;

/**
 * Kills a process that appends, again and again on one journal. After each kill every acknowledged record must be
 * there, with its second half, and verification clean. Answers how many records were acknowledged in all.
 */
export async function killRounds(rounds: number, seed: number): Promise<number> {
  const random = seeded(seed);
  using home = temporaryHome();
  let acknowledged = 0;
  for (let round = 0; round < rounds; round += 1) {
    const lines = await killOnce(home.home, random() * appendMsMax);
    acknowledged += lines.length;
    using reader = new JournalReader(home.files.file);
    for (const line of lines) {
      const [seq, text] = line.split(" ");
      assert.deepEqual(reader.record(Number(seq))?.data, { text }, `round ${round}: ${line}`);
      assert.deepEqual(reader.record(Number(seq) + 1)?.data, { text: `${text} следом` });
    }
    assert.equal(reader.lastSeq() % 2, 0, "no group is half there");
    assert.deepEqual(verifyJournal(home.files).faults, [], `seed ${seed}, round ${round}`);
  }
  using writer = new JournalWriter(home.files);
  assert.ok(writer.last.seq >= acknowledged * 2);
  return acknowledged;
}

/** The lines that were acknowledged before the kill; the last one counts only when it is whole. */
async function killOnce(home: string, afterMs: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [script, home], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(home, "compile-cache") },
  });
  const closed = once(child, "close");
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), afterMs));
  child.stdout.on("data", (text: string) => {
    output += text;
  });
  await closed;
  assert.equal(child.signalCode, "SIGKILL");
  return output.split("\n").slice(0, -1);
}
