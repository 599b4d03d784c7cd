import assert from "node:assert/strict";
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { verifyOffline } from "@adyton/core/maintenance";
import { startOpenAiEmulator } from "@adyton/emulators";
import { NodeProcess } from "./node-process.ts";

// Every way to alter a journal behind a stopped node's back: it is found, and the report says where.

const flipped = "one flipped byte in a payload";
const words = "CANARY тайна 4711";

interface Tampering {
  readonly name: string;
  readonly tamper: (home: string) => void;
  readonly kind: string;
  /** The record it concerns; the journal's end where the end is what is missing. */
  readonly seq: number | "end";
  /** Whether the node refuses to start. What lies further back is found by verifying. */
  readonly refusesStart: boolean;
}

function edit(home: string, ...statements: string[]): void {
  const database = new DatabaseSync(join(home, "journal.db"));
  for (const statement of statements) database.exec(statement);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

/** A copied folder is open to others at first, and the node would refuse it for that. */
function copyHome(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  chmodSync(to, 0o700);
}

function flipByte(home: string): void {
  const file = join(home, "journal.db");
  const bytes = readFileSync(file);
  const at = bytes.indexOf(words);
  assert.ok(at > 0, "the words lie in the file");
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

describe("a journal that was altered", () => {
  const folder = mkdtempSync(join(tmpdir(), "adyton-tamper-"));
  const whole = join(folder, "whole");
  const older = join(folder, "older");
  let questionSeq = 0;
  let lastSeq = 0;

  before(async () => {
    await using emulator = await startOpenAiEmulator({ rules: [{ reply: "noted" }] });
    await using node = await NodeProcess.start({ home: whole, backend: emulator.url });
    await node.say({ text: words, conversation: "c" });
    await node.say({ text: "/command switch_mode EXTRACTIVE", conversation: "c" });
    await node.stop();
    copyHome(whole, older);
    await node.start();
    for (let index = 0; index < 5; index += 1)
      await node.say({ text: `later ${index}`, conversation: "c" });
    const records = await node.journal();
    questionSeq = Number(records.find(({ data }) => data?.text === words)?.["seq"]);
    const running = await node.verify();
    assert.equal(running.json.clean, true, "a running node verifies itself");
    await node.stop();
    const report = await verifyOffline(whole);
    assert.deepEqual([report.clean, report.faults], [true, []]);
    assert.equal(report.records, report.lastSeq);
    lastSeq = report.lastSeq;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const swap = (home: string): void => {
    const [a, b] = [questionSeq, questionSeq + 1];
    edit(
      home,
      `UPDATE event SET seq = -1 WHERE seq = ${a}`,
      `UPDATE event SET seq = ${a} WHERE seq = ${b}`,
      `UPDATE event SET seq = ${b} WHERE seq = -1`,
    );
  };
  const cut = (home: string, records: number): void =>
    edit(
      home,
      `DELETE FROM payload WHERE seq > ${lastSeq - records}`,
      `DELETE FROM event WHERE seq > ${lastSeq - records}`,
    );
  const cases = (): Tampering[] => [
    {
      name: flipped,
      tamper: flipByte,
      kind: "altered_payload",
      seq: questionSeq,
      refusesStart: false,
    },
    {
      name: "an edited header",
      tamper: (home) => edit(home, `UPDATE event SET owner = 'x' WHERE seq = ${questionSeq}`),
      kind: "altered_record",
      seq: questionSeq,
      refusesStart: false,
    },
    {
      name: "a dropped row",
      tamper: (home) => edit(home, `DELETE FROM event WHERE seq = ${questionSeq}`),
      kind: "missing_record",
      seq: questionSeq,
      refusesStart: false,
    },
    {
      name: "a dropped payload",
      tamper: (home) => edit(home, `DELETE FROM payload WHERE seq = ${questionSeq}`),
      kind: "missing_payload",
      seq: questionSeq,
      refusesStart: false,
    },
    {
      name: "a swapped pair",
      tamper: swap,
      kind: "altered_record",
      seq: questionSeq,
      refusesStart: false,
    },
    {
      name: "an edited state",
      tamper: (home) => edit(home, "UPDATE conversation SET mode = 'DIRECT'"),
      kind: "altered_state",
      seq: "end",
      refusesStart: false,
    },
    {
      name: "a cut tail of one record",
      tamper: (home) => cut(home, 1),
      kind: "tail_cut",
      seq: "end",
      refusesStart: true,
    },
    {
      name: "a cut tail of five",
      tamper: (home) => cut(home, 5),
      kind: "tail_cut",
      seq: "end",
      refusesStart: true,
    },
    {
      name: "a restored older file",
      tamper: (home) => {
        for (const suffix of ["-wal", "-shm"])
          rmSync(join(home, `journal.db${suffix}`), { force: true });
        cpSync(join(older, "journal.db"), join(home, "journal.db"));
      },
      kind: "tail_cut",
      seq: "end",
      refusesStart: true,
    },
    {
      name: "a missing head",
      tamper: (home) => rmSync(join(home, "journal.head")),
      kind: "head_missing",
      seq: "end",
      refusesStart: true,
    },
  ];

  test("is found wherever it was altered, and says where", async (t) => {
    for (const { name, tamper, kind, seq, refusesStart } of cases()) {
      await t.test(name, async () => {
        const home = join(folder, name.replaceAll(" ", "-"));
        copyHome(whole, home);
        tamper(home);
        const report = await verifyOffline(home);
        assert.equal(report.clean, false);
        const found = report.faults.find((fault) => fault.kind === kind);
        assert.ok(found !== undefined, JSON.stringify(report.faults));
        if (seq !== "end") assert.equal(found.seq, seq);
        assert.ok(found.detail.length > 10);
        assert.doesNotMatch(JSON.stringify(report), /CANARY|тайна/, "no words in the report");
        if (refusesStart) {
          await assert.rejects(
            NodeProcess.start({ home }),
            /journal_refused: .*(cut|head).*adyton journal accept/s,
          );
          return;
        }
        if (name !== flipped) return;
        await using node = await NodeProcess.start({ home });
        assert.equal((await node.verify()).json.clean, false, "a running node finds it too");
      });
    }
  });
});
