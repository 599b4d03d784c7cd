import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import type { NewRecord } from "../../domain/journal/record.ts";
import { DatabaseError } from "./database.ts";
import { encodeGroup, type EncodedGroup } from "./encoded-group.ts";
import { readHead } from "./head-file.ts";
import { JournalError } from "./journal-error.ts";
import { JournalReader } from "./journal-reader.ts";
import { JournalWriter } from "./journal-writer.ts";
import { StateReader } from "./state-reader.ts";
import {
  answered,
  append,
  byNode,
  dayMs,
  received,
  said,
  temporaryHome,
} from "./test/journal-fixture.ts";
import { verifyJournal } from "./verify.ts";

const bytes = (value: number): Buffer => Buffer.alloc(32, value);
const keyed = (key: number, content: number, text = "hello") => ({
  records: [said(text)],
  dedupe: { key: bytes(key), fingerprint: bytes(content) },
});

describe("the journal's writer", () => {
  it("gives back what was appended, in both languages, also after it was opened again", () => {
    using home = temporaryHome();
    {
      using writer = new JournalWriter({ ...home.files, now: () => 1_000 });
      const outcome = append(writer, { records: [said("hello"), said("привет, мир")] });
      assert.deepEqual(outcome, { kind: "appended", firstSeq: 1, lastSeq: 2, timeMs: 1_000 });
    }
    using writer = new JournalWriter(home.files);
    assert.equal(writer.last.seq, 2);
    append(writer, { records: [said("third")] });
    using reader = new JournalReader(home.files.file);
    assert.deepEqual(
      reader.after(0, 10).map(({ seq, data }) => [seq, data]),
      [
        [1, { text: "hello" }],
        [2, { text: "привет, мир" }],
        [3, { text: "third" }],
      ],
    );
    assert.equal(reader.record(4), undefined);
    assert.equal(verifyJournal(home.files).clean, true);
  });

  it("links a record to the first of its group", () => {
    using home = temporaryHome();
    using writer = new JournalWriter(home.files);
    append(writer, { records: [said("before")] }, { records: [received("r1"), answered("r1")] });
    using reader = new JournalReader(home.files.file);
    assert.equal(reader.record(3)?.cause, 2);
  });

  it("writes nothing of a group with a record that fails, and all of the others", () => {
    using home = temporaryHome();
    using writer = new JournalWriter(home.files);
    append(writer, { records: [received("r1")] });
    const group = (...records: NewRecord[]): EncodedGroup => encodeGroup({ records });
    const outcomes = writer.append([
      group(said("one")),
      // The run exists already.
      group(said("half"), received("r1")),
      group(said("two")),
      group(said("three")),
    ]);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ["appended", "failed", "appended", "appended"],
    );
    assert.equal(outcomes[1]?.kind === "failed" && outcomes[1].code, "invalid_record");
    using reader = new JournalReader(home.files.file);
    assert.equal(JSON.stringify(reader.after(0, 10)).includes("half"), false);
    assert.equal(reader.lastSeq(), 4);
    assert.deepEqual(verifyJournal(home.files).faults, []);
  });

  it("takes no facts that do not fit their schema, and does not quote them", () => {
    const record = received("r1");
    const spoiled = { ...record, facts: { run: "СЕКРЕТ" } } as unknown as NewRecord;
    assert.throws(
      () => encodeGroup({ records: [spoiled] }),
      (error) =>
        error instanceof JournalError &&
        error.code === "invalid_record" &&
        !error.message.includes("СЕКРЕТ"),
    );
  });

  it("keeps the signed head at the last record", () => {
    using home = temporaryHome();
    using writer = new JournalWriter(home.files);
    for (let index = 0; index < 3; index += 1) append(writer, { records: [said("x")] });
    assert.deepEqual(readHead(home.files.headFile, home.files.headKey), {
      kind: "read",
      head: writer.last,
    });
    assert.equal(readHead(home.files.headFile, bytes(9)).kind, "invalid");
    assert.equal(readHead(`${home.files.headFile}.none`, bytes(9)).kind, "absent");
  });

  it("keeps when a token was last used and drops it when it was edited", () => {
    using home = temporaryHome();
    using writer = new JournalWriter(home.files);
    writer.noteTokenUse("a", 5);
    writer.noteTokenUse("a", 6);
    writer.noteTokenUse("b", 7);
    writer.database.exec("UPDATE token_use SET time = 9 WHERE name = 'b'");
    writer.rebuild();
    assert.deepEqual(
      writer.database
        .prepare("SELECT name, time FROM token_use")
        .all()
        .map((row) => ({ ...row })),
      [{ name: "a", time: 6 }],
    );
  });
});

describe("a dedupe key", () => {
  const cases: readonly (readonly [name: string, laterMs: number, kind: string])[] = [
    ["at once", 0, "duplicate"],
    ["a millisecond before seven days are over", 7 * dayMs - 1, "duplicate"],
    ["after seven days", 7 * dayMs, "appended"],
  ];
  for (const [name, laterMs, kind] of cases)
    it(`makes a repetition ${name} ${kind === "duplicate" ? "a duplicate" : "a new record"}`, () => {
      using home = temporaryHome();
      let now = Date.UTC(2026, 0, 1);
      {
        using first = new JournalWriter({ ...home.files, now: () => now });
        append(first, keyed(1, 1));
      }
      now += laterMs;
      // The effect is once across restarts.
      using writer = new JournalWriter({ ...home.files, now: () => now });
      assert.equal(append(writer, keyed(1, 1)).kind, kind);
      assert.equal(writer.last.seq, kind === "duplicate" ? 1 : 2);
      assert.deepEqual(verifyJournal(home.files).faults, []);
    });

  it("tells a repetition from a clash, and answers with the result once there is one", () => {
    using home = temporaryHome();
    using writer = new JournalWriter(home.files);
    append(writer, keyed(1, 1));
    assert.deepEqual(append(writer, keyed(1, 1)), {
      kind: "duplicate",
      seq: 1,
      result: null,
      same: true,
    });
    append(writer, { records: [said("answer")], resultOf: bytes(1) });
    assert.deepEqual(append(writer, keyed(1, 2)), {
      kind: "duplicate",
      seq: 1,
      result: 2,
      same: false,
    });
    assert.deepEqual(verifyJournal(home.files).faults, []);
  });

  it("counts once when both come in one commit", () => {
    using home = temporaryHome();
    using writer = new JournalWriter(home.files);
    const outcomes = writer.append([encodeGroup(keyed(1, 1)), encodeGroup(keyed(1, 1))]);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ["appended", "duplicate"],
    );
  });

  it("is forgotten after it expired, a bounded number with each commit, and nothing is missed", () => {
    using home = temporaryHome();
    let now = Date.UTC(2026, 0, 1);
    using writer = new JournalWriter({ ...home.files, now: () => now, uptimeMs: () => now });
    writer.append(
      Array.from({ length: 250 }, (_, index) =>
        encodeGroup({
          records: [said("x")],
          dedupe: { key: Buffer.from(`k${index}`), fingerprint: bytes(1) },
        }),
      ),
    );
    const left = (): unknown =>
      writer.database.prepare("SELECT count(*) AS n FROM dedupe").get()?.["n"];
    assert.equal(left(), 250);
    for (const expected of [50, 0]) {
      now += 8 * dayMs;
      append(writer, { records: [said("later")] });
      assert.equal(left(), expected);
    }
    assert.deepEqual(verifyJournal(home.files).faults, []);
  });

  it("is not forgotten because the clock ran ahead, though the node starts again meanwhile", () => {
    using home = temporaryHome();
    let now = Date.UTC(2026, 0, 1);
    let up = 0;
    const open = (): JournalWriter =>
      new JournalWriter({ ...home.files, now: () => now, uptimeMs: () => up });
    const left = (writer: JournalWriter): unknown =>
      writer.database.prepare("SELECT count(*) AS n FROM dedupe").get()?.["n"];
    const later = { records: [said("later")] };
    {
      using writer = open();
      append(writer, keyed(1, 1));
      now += 365 * dayMs;
      up += dayMs;
      append(writer, later);
      assert.equal(left(writer), 1);
    }
    for (let start = 0; start < 3; start += 1) {
      using writer = open();
      up += dayMs;
      append(writer, later);
      assert.equal(left(writer), 1, "still ahead");
    }
    now -= 361 * dayMs;
    {
      using writer = open();
      assert.equal(
        append(writer, keyed(1, 1)).kind,
        "duplicate",
        "set right: it still counts once",
      );
      up += 3 * dayMs - 1;
      now += 3 * dayMs - 1;
      append(writer, later);
      assert.equal(left(writer), 1);
      up += 60_001;
      now += 60_001;
      append(writer, later);
      assert.equal(left(writer), 0, "seven days have been lived through");
    }
    assert.deepEqual(verifyJournal(home.files).faults, []);
  });
});

it("brings a journal forward by steps that each have a number of their own", () => {
  // A process that ends between two steps of one number would leave the second out for good.
  const names = readdirSync(new URL("../../../migrations/", import.meta.url));
  const numbers = names.map((name) => name.slice(0, 4));
  assert.ok(numbers.length > 0);
  assert.deepEqual(
    numbers.filter((number, at) => numbers.indexOf(number) !== at),
    [],
  );
});

describe("a file that is not this version's journal", () => {
  it("is refused untouched when it was written by a newer version", () => {
    using home = temporaryHome();
    {
      using writer = new JournalWriter(home.files);
      append(writer, { records: [said("x")] });
      writer.database.exec("PRAGMA user_version = 999");
    }
    const before = readFileSync(home.files.file);
    assert.throws(
      () => new JournalWriter(home.files),
      (error) => error instanceof DatabaseError && error.code === "newer_schema",
    );
    assert.deepEqual(readFileSync(home.files.file), before);
  });

  it("is refused untouched when it belongs to another program", () => {
    using home = temporaryHome();
    {
      const other = new DatabaseSync(home.files.file);
      other.exec("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine')");
      other.close();
    }
    const before = readFileSync(home.files.file);
    assert.throws(
      () => new JournalWriter(home.files),
      (error) => error instanceof DatabaseError && error.code === "not_a_journal",
    );
    assert.deepEqual(readFileSync(home.files.file), before);
  });

  for (const [name, size] of [
    ["a text", 100],
    ["a long text", 100_000],
  ] as const)
    it(`is refused untouched when it is ${name}`, () => {
      using home = temporaryHome();
      writeFileSync(home.files.file, "т".repeat(size));
      const before = readFileSync(home.files.file);
      assert.throws(
        () => new JournalWriter(home.files),
        (error) => error instanceof DatabaseError && error.code === "damaged",
      );
      assert.deepEqual(readFileSync(home.files.file), before);
    });
});

describe("what a record is visible to", () => {
  it("is its owner: a document has one unless it is shared", () => {
    using home = temporaryHome();
    using writer = new JournalWriter(home.files);
    const document = (id: string, owner: string, shared: boolean): NewRecord => ({
      ...byNode,
      owner,
      origin: "node",
      type: "memory.document.added",
      class: "record",
      facts: {
        document: id,
        sourceKey: `${owner}/${id}`,
        mediaType: "text/plain",
        sha256: "0".repeat(64),
        bytes: 3,
        shared,
      },
      data: { text: "три" },
    });
    append(
      writer,
      { records: [document("d1", "anna", false)] },
      { records: [document("d2", "anna", true)] },
      { records: [document("d3", "борис", false)] },
      { records: [received("r1", "c-anna", "anna"), received("r2", "c-b", "борис")] },
    );
    const state = new StateReader(writer.database);
    assert.deepEqual(
      state.documentsAfter(0, 10).map(({ id, owner }) => [id, owner]),
      [
        ["d1", "anna"],
        ["d2", null],
        ["d3", "борис"],
      ],
    );
    assert.equal(state.run("r1")?.owner, "anna");
    assert.equal(state.conversation("c-b")?.owner, "борис");
    using reader = new JournalReader(home.files.file);
    assert.deepEqual(
      reader.after(3, 10).map(({ owner }) => owner),
      ["anna", "борис"],
    );
  });
});
