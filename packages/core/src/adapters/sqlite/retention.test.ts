import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { encodeGroup } from "./encoded-group.ts";
import { Journal } from "./journal.ts";
import { JournalReader } from "./journal-reader.ts";
import { JournalWriter } from "./journal-writer.ts";
import { sweepOnce, type RetentionPolicy, type SweepStep, windowRecords } from "./retention.ts";
import { seeded } from "../../../test/seeded.ts";
import { append, dayMs, occurrences, said, temporaryHome } from "./test/journal-fixture.ts";
import { verifyJournal } from "./verify.ts";

function sweepAll(writer: JournalWriter, policy: RetentionPolicy, nowMs: number) {
  let erased = 0;
  for (;;) {
    const step: SweepStep = sweepOnce(writer, policy, nowMs);
    if (!step.more) return { erased, bytesGone: step.bytesGone };
    erased += step.erased;
  }
}

const erasable = ["trace", "event", "message"] as const;
const marker = (number: number): string => `[N${String(number).padStart(6, "0")}]`;

/** What stood in the records that are erased; a record's number is its place among those from outside. */
function erasedMarkers(file: string): string[] {
  using reader = new JournalReader(file);
  return reader
    .after(0, 100_000, "channel.said")
    .map(({ payload }, index) => ({ payload, text: marker(index + 1) }))
    .filter(({ payload }) => payload === "erased")
    .map(({ text }) => text);
}

describe("retention", () => {
  const cases: readonly (readonly [name: string, ageMs: number, erased: number])[] = [
    ["of exactly its class's age", dayMs, 0],
    ["a millisecond older", dayMs + 1, 1],
  ];
  for (const [name, ageMs, erased] of cases)
    it(`erases ${erased} payloads ${name}`, () => {
      using home = temporaryHome();
      let now = Date.UTC(2026, 0, 1);
      using writer = new JournalWriter({ ...home.files, now: () => now });
      append(writer, { records: [said("x", "trace"), said("y", "message")] });
      now += ageMs;
      assert.deepEqual(sweepAll(writer, { trace: dayMs }, now), { erased, bytesGone: true });
      using reader = new JournalReader(home.files.file);
      assert.equal(reader.record(1)?.payload, erased === 1 ? "erased" : "present");
      assert.equal(reader.record(2)?.payload, "present");
      assert.deepEqual(verifyJournal(home.files).faults, []);
    });

  it("goes through more than one window and never looks twice at one", () => {
    using home = temporaryHome();
    using writer = new JournalWriter({ ...home.files, now: () => 1_000 });
    const groups = Array.from({ length: windowRecords + 1 }, () =>
      encodeGroup({ records: [said("x", "trace")] }),
    );
    writer.append(groups);
    assert.equal(sweepAll(writer, { trace: 1 }, 5_000).erased, windowRecords + 1);
    assert.equal(sweepAll(writer, { trace: 1 }, 5_000).erased, 0);
    const report = verifyJournal(home.files);
    assert.equal(report.erased, windowRecords + 1);
    assert.deepEqual(report.faults, []);
  });

  it("is late, never early and never skips, when a clock ran ahead", () => {
    using home = temporaryHome();
    let now = 10 * dayMs;
    using writer = new JournalWriter({ ...home.files, now: () => now });
    for (const day of [10, 30, 11]) {
      now = day * dayMs;
      append(writer, { records: [said(`day ${day}`, "trace")] });
    }
    assert.equal(sweepAll(writer, { trace: dayMs }, 20 * dayMs).erased, 1);
    assert.equal(sweepAll(writer, { trace: dayMs }, 32 * dayMs).erased, 2);
    assert.deepEqual(verifyJournal(home.files).faults, []);
  });

  it("leaves no byte of what was erased in the database or its log, whatever was erased between", () => {
    const random = seeded(3);
    let erasedInAll = 0;
    for (let round = 0; round < 24; round += 1) {
      using home = temporaryHome();
      let now = 1_000;
      using writer = new JournalWriter({ ...home.files, now: () => now });
      writer.database.exec("PRAGMA synchronous = OFF");
      const letters = random() < 0.5 ? 300 : 3_000;
      let number = 0;
      for (let step = 0; step < 12; step += 1) {
        const groups = Array.from({ length: 150 }, () => {
          number += 1;
          const kind = erasable[Math.floor(random() * 6)] ?? "record";
          const text = `${marker(number)} ${"x".repeat(random() * letters)} ${marker(number)}`;
          return encodeGroup({ records: [said(text, kind)] });
        });
        writer.append(groups);
        now += 1_000;
        const kind = erasable[Math.floor(random() * 3)] ?? "trace";
        if (step > 0) sweepAll(writer, { [kind]: random() * 3_000 }, now);
      }
      assert.equal(sweepAll(writer, {}, now).bytesGone, true);
      const raw = readFileSync(home.files.file, "latin1");
      const found = new Set([...raw.matchAll(/\[N\d{6}\]/g)].map(([text]) => text));
      const gone = erasedMarkers(home.files.file);
      erasedInAll += gone.length;
      assert.deepEqual(
        gone.filter((text) => found.has(text)),
        [],
        `round ${round}`,
      );
      assert.ok(found.size > 0, "the search finds what is there");
    }
    assert.ok(erasedInAll > 10_000, `${erasedInAll} erased`);
  });

  it("says that bytes are left while a reader holds the log, and takes them the next time", async () => {
    using home = temporaryHome();
    await using journal = await Journal.open(home.files);
    const { signal } = new AbortController();
    await journal.append({ records: [said("ЗАБЫТО", "trace")] });
    using reader = new JournalReader(home.files.file);
    reader.database.exec("BEGIN");
    reader.lastSeq();
    // A negative age: everything is old enough.
    const first = await journal.sweep({ trace: -dayMs }, signal);
    assert.deepEqual(first, { erased: 1, bytesGone: false });
    assert.ok(occurrences(home.files.file, "ЗАБЫТО") > 0);
    reader.database.exec("COMMIT");
    assert.deepEqual(await journal.sweep({ trace: -dayMs }, signal), {
      erased: 0,
      bytesGone: true,
    });
    assert.equal(occurrences(home.files.file, "ЗАБЫТО"), 0);
  });
});
