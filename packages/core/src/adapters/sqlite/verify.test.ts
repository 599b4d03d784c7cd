import assert from "node:assert/strict";
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { DatabaseSync } from "node:sqlite";
import { DatabaseError } from "./database.ts";
import { JournalError } from "./journal-error.ts";
import type { BackupFiles } from "./journal-files.ts";
import { JournalWriter } from "./journal-writer.ts";
import { stateTables } from "./projections.ts";
import { sweepOnce } from "./retention.ts";
import { flipBytes } from "./test/flip-bytes.ts";
import {
  append,
  copyJournal,
  received,
  richJournal,
  said,
  temporaryHome,
  type TemporaryHome,
} from "./test/journal-fixture.ts";
import { verifyJournal } from "./verify.ts";

let original: TemporaryHome;
let scratch: TemporaryHome;
let foreign: TemporaryHome;
before(() => {
  original = temporaryHome();
  scratch = temporaryHome();
  foreign = temporaryHome();
  richJournal(original.files);
  richJournal(foreign.files, 60);
});
after(() => {
  for (const home of [original, scratch, foreign]) home[Symbol.dispose]();
});

/** Runs one statement on a file without any of the writer's care. */
function edit(sql: string): (files: BackupFiles) => void {
  return ({ file }) => {
    const database = new DatabaseSync(file);
    try {
      database.exec(sql);
    } finally {
      database.close();
    }
  };
}

const flip = (column: string): string => {
  const first = `substr(${column}, 1, 1)`;
  return `CAST(CASE ${first} WHEN x'00' THEN x'01' ELSE x'00' END || substr(${column}, 2) AS BLOB)`;
};

const tampered: readonly (readonly [
  name: string,
  tamper: (files: BackupFiles) => void,
  kind: string,
  seq: number,
])[] = [
  ["a changed owner", edit("UPDATE event SET owner = 'eve' WHERE seq = 5"), "altered_record", 5],
  ["a changed time", edit("UPDATE event SET time = time + 1 WHERE seq = 9"), "altered_record", 9],
  [
    "changed facts",
    edit("UPDATE event SET facts = replace(facts, 'r1', 'r2') WHERE seq = 4"),
    "altered_record",
    4,
  ],
  [
    "facts that are no JSON",
    edit("UPDATE event SET facts = '{' WHERE seq = 4"),
    "altered_record",
    4,
  ],
  [
    "a changed hash",
    edit(`UPDATE event SET hash = ${flip("hash")} WHERE seq = 7`),
    "altered_record",
    7,
  ],
  [
    "a changed commitment",
    edit(`UPDATE event SET commitment = ${flip("commitment")} WHERE seq = 7`),
    "altered_record",
    7,
  ],
  [
    "a removed dedupe mark",
    edit("UPDATE event SET keyed = 0 WHERE seq = 118"),
    "altered_record",
    118,
  ],
  [
    "a changed payload",
    edit("UPDATE payload SET data = replace(data, 'r2', 'r3') WHERE seq = 7"),
    "altered_payload",
    7,
  ],
  [
    "a changed salt",
    edit(`UPDATE payload SET salt = ${flip("salt")} WHERE seq = 8`),
    "altered_payload",
    8,
  ],
  [
    "a salt without its payload",
    edit("UPDATE payload SET data = NULL WHERE seq = 8"),
    "altered_payload",
    8,
  ],
  ["a dropped record", edit("DELETE FROM event WHERE seq = 6"), "missing_record", 6],
  ["a dropped first record", edit("DELETE FROM event WHERE seq = 1"), "missing_record", 1],
  [
    "a swapped pair",
    edit(
      "UPDATE event SET seq = -1 WHERE seq = 10; UPDATE event SET seq = 10 WHERE seq = 11; UPDATE event SET seq = 11 WHERE seq = -1",
    ),
    "altered_record",
    10,
  ],
  [
    "a record before the first",
    edit(
      "INSERT INTO event SELECT 0, time, origin, type, class, owner, actor, tier, conversation, cause, hop, keyed, facts, commitment, hash FROM event WHERE seq = 1",
    ),
    "altered_record",
    0,
  ],
  [
    "a cut tail",
    edit("DELETE FROM event WHERE seq > 100; DELETE FROM payload WHERE seq > 100"),
    "tail_cut",
    101,
  ],
  [
    "a payload erased without a record",
    edit("UPDATE payload SET salt = NULL, data = NULL WHERE seq = 12"),
    "missing_payload",
    12,
  ],
  [
    "a payload deleted without a record",
    edit("DELETE FROM payload WHERE seq = 12"),
    "missing_payload",
    12,
  ],
  [
    "a payload of no record",
    edit("INSERT INTO payload VALUES (900, x'00', 'x')"),
    "stray_payload",
    900,
  ],
  [
    "an added record without the key",
    edit(
      "INSERT INTO event SELECT 122, time, origin, type, class, owner, actor, tier, conversation, cause, hop, 0, facts, NULL, randomblob(32) FROM event WHERE seq = 120",
    ),
    "altered_record",
    122,
  ],
  ["a changed state", edit("UPDATE usage SET prompt_tokens = 0"), "altered_state", 0],
  ["a removed state row", edit("DELETE FROM run WHERE id = 'r3'"), "altered_state", 0],
  [
    "an added state row",
    edit("INSERT INTO usage VALUES ('2026-01-01', 'eve', 0, 0, 0, 0, 0)"),
    "altered_state",
    0,
  ],
  ["a changed dedupe answer", edit("UPDATE dedupe SET result = 3"), "altered_state", 0],
  ["a removed dedupe key", edit("DELETE FROM dedupe WHERE seq = 118"), "altered_state", 118],
  ["a changed last use of a token", edit("UPDATE token_use SET time = 5"), "altered_state", 0],
  [
    "a changed place of retention",
    edit("UPDATE retention SET looked_through = 99"),
    "altered_state",
    0,
  ],
  ["a dropped index", edit("DROP INDEX event_conversation"), "altered_state", 0],
  [
    "an added trigger",
    edit("CREATE TRIGGER t AFTER INSERT ON event BEGIN DELETE FROM payload; END"),
    "altered_state",
    0,
  ],
  ["a file cut in the middle", ({ file }) => truncateSync(file, 40_960), "unreadable", 0],
  ["an empty file", ({ file }) => truncateSync(file, 0), "unreadable", 0],
  [
    "an edited head",
    ({ headFile }) =>
      writeFileSync(headFile, readFileSync(headFile, "latin1").replace(" 121 ", " 120 ")),
    "head_invalid",
    0,
  ],
  ["a removed head", ({ headFile }) => rmSync(headFile), "head_missing", 0],
  ["an emptied head", ({ headFile }) => truncateSync(headFile, 0), "head_missing", 0],
  [
    "another node's head",
    ({ headFile }) => writeFileSync(headFile, readFileSync(foreign.files.headFile)),
    "head_invalid",
    0,
  ],
  [
    "another node's journal",
    ({ file }) => writeFileSync(file, readFileSync(foreign.files.file)),
    "altered_record",
    1,
  ],
];

describe("verification", () => {
  it("finds nothing in what was written, and counts it", () => {
    const report = verifyJournal(original.files);
    assert.deepEqual(report.faults, []);
    assert.equal(report.clean, true);
    assert.equal(report.records, 121);
    assert.equal(report.lastSeq, 121);
    assert.equal(report.firstSeq, 1);
    assert.match(report.headHash, /^[0-9a-f]{64}$/);
  });

  it("finds nothing in an empty journal", () => {
    using home = temporaryHome();
    new JournalWriter(home.files)[Symbol.dispose]();
    assert.deepEqual(verifyJournal(home.files).faults, []);
  });

  for (const [name, tamper, kind, seq] of tampered)
    it(`finds ${name} and says where`, () => {
      const files = copyJournal(original.files, scratch.home);
      tamper(files);
      const { clean, faults } = verifyJournal(files);
      assert.equal(clean, false);
      assert.ok(
        faults.some((fault) => fault.kind === kind && fault.seq === seq),
        JSON.stringify(faults.slice(0, 4)),
      );
    });

  for (const log of ["with", "without"])
    it(`finds an older copy put back ${log} its write-ahead log, and the writer refuses it`, () => {
      using home = temporaryHome();
      using aside = temporaryHome();
      {
        using writer = new JournalWriter(home.files);
        for (let index = 0; index < 30; index += 1)
          append(writer, { records: [received(`r${index}`)] });
        copyJournal(home.files, aside.home);
        for (let index = 30; index < 60; index += 1)
          append(writer, { records: [received(`r${index}`)] });
      }
      const head = readFileSync(home.files.headFile);
      const files = copyJournal({ ...home.files, file: `${aside.home}/journal.db` }, scratch.home);
      if (log === "without")
        for (const end of ["-wal", "-shm"]) rmSync(files.file + end, { force: true });
      writeFileSync(files.headFile, head);
      const { faults } = verifyJournal(files);
      assert.equal(faults[0]?.kind, log === "with" ? "tail_cut" : "unreadable");
      assert.throws(
        () => new JournalWriter(files),
        (error) => error instanceof JournalError && error.code === "tail_cut",
      );
    });

  for (const [name, tamper, codes] of [
    ["a cut tail", tampered.find(([is]) => is === "a cut tail")?.[1], ["tail_cut"]],
    ["another node's file", tampered.at(-1)?.[1], ["tail_cut"]],
    ["a removed head", ({ headFile }: BackupFiles) => rmSync(headFile), ["head_missing"]],
    ["a foreign head", tampered.at(-2)?.[1], ["head_invalid"]],
    [
      "a file that is no database",
      ({ file }: BackupFiles) => writeFileSync(file, "x".repeat(9_000)),
      ["damaged"],
    ],
  ] as const)
    it(`is not the only guard: the writer refuses to start on ${name}`, () => {
      const files = copyJournal(original.files, scratch.home);
      tamper?.(files);
      const untouched = readFileSync(files.file);
      assert.throws(
        () => new JournalWriter(files),
        (error) =>
          (error instanceof JournalError || error instanceof DatabaseError) &&
          (codes as readonly string[]).includes(error.code),
      );
      assert.deepEqual(readFileSync(files.file), untouched);
    });

  it("accepts a head that lags behind, as a crash leaves it", () => {
    using home = temporaryHome();
    using writer = new JournalWriter(home.files);
    append(writer, { records: [said("one")] });
    const head = readFileSync(home.files.headFile);
    append(writer, { records: [said("two")] });
    writeFileSync(home.files.headFile, head);
    assert.equal(verifyJournal(home.files).clean, true);
  });

  it("shows what was erased on record as erased, also when the classes alternate", () => {
    using home = temporaryHome();
    let now = Date.UTC(2026, 0, 1);
    using writer = new JournalWriter({ ...home.files, now: () => now });
    for (let index = 0; index < 50; index += 1)
      append(writer, { records: [said(`keep ${index}`), said(`trace ${index}`, "trace")] });
    now += 1_000;
    while (sweepOnce(writer, { trace: 500 }, now).more);
    const report = verifyJournal(home.files);
    assert.deepEqual(report.faults, []);
    assert.equal(report.erased, 50);
  });

  it("reports its progress up to the end", () => {
    const seen: string[] = [];
    verifyJournal(original.files, ({ step, done, total }) => seen.push(`${step} ${done}/${total}`));
    assert.equal(seen[0], "records 0/121");
    assert.ok(seen.includes("records 121/121"));
    assert.ok(seen.includes("structure 1/1"));
    const steps = stateTables.length + 1;
    assert.equal(seen.at(-1), `state ${steps}/${steps}`);
  });

  it("finds any flipped byte, or nothing that is read has changed", () => {
    const { found, harmless } = flipBytes(original.files, scratch.home, { flips: 320, seed: 1 });
    // Both kinds occur, so neither branch is idle.
    assert.ok(found > 100 && harmless > 10, `${found} found, ${harmless} harmless`);
  });
});
