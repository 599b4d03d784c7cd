import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeGroup } from "./encoded-group.ts";
import { emptyLog } from "./database.ts";
import { eraseOnce, eraseStepBytesMax, eraseStepRecordsMax } from "./erase-step.ts";
import { Journal } from "./journal.ts";
import { JournalReader } from "./journal-reader.ts";
import { JournalWriter } from "./journal-writer.ts";
import { occurrences, said, temporaryHome } from "./test/journal-fixture.ts";
import { verifyJournal } from "./verify.ts";

const texts = (writer: JournalWriter, ...all: readonly string[]): void =>
  void writer.append(all.map((text) => encodeGroup({ records: [said(text)] })));

describe("a step of erasing", () => {
  const cases: readonly (readonly [name: string, records: number, erased: number])[] = [
    ["as many records as one takes", eraseStepRecordsMax, eraseStepRecordsMax],
    ["one more", eraseStepRecordsMax + 1, eraseStepRecordsMax],
  ];
  for (const [name, records, erased] of cases)
    it(`takes ${erased} of ${name}`, () => {
      using home = temporaryHome();
      using writer = new JournalWriter(home.files);
      texts(writer, ...Array.from({ length: records }, () => "слово"));
      const step = eraseOnce(writer, [[1, records]], "test");
      assert.deepEqual(step, { erased, through: erased });
      assert.deepEqual(verifyJournal(home.files).faults, []);
    });

  it("ends behind the record that fills its bytes, which may be larger than them", () => {
    using home = temporaryHome();
    using writer = new JournalWriter(home.files);
    texts(writer, "x".repeat(eraseStepBytesMax), "y", "z");
    assert.deepEqual(eraseOnce(writer, [[1, 3]], "test"), { erased: 1, through: 1 });
    assert.deepEqual(eraseOnce(writer, [[2, 3]], "test"), { erased: 2, through: 3 });
    assert.deepEqual(eraseOnce(writer, [[1, 3]], "test"), { erased: 0, through: 3 });
    assert.equal(writer.last.seq, 5, "nothing erased is nothing told");
  });

  it("goes over many ranges, leaves what is between them, and no byte of what was in them", async () => {
    using home = temporaryHome();
    const count = 3 * eraseStepRecordsMax;
    {
      using writer = new JournalWriter(home.files);
      texts(writer, ...Array.from({ length: count }, (_, n) => (n % 2 === 0 ? "ЗАБЫТО" : "помню")));
      assert.ok(occurrences(home.files.file, "ЗАБЫТО") >= count / 2, "control");
    }
    await using journal = await Journal.open(home.files);
    const odd = Array.from({ length: count / 2 }, (_, n) => [2 * n + 1, 2 * n + 1] as const);
    await journal.erase(odd, "test");
    assert.equal(await journal.emptyLog(), true);
    assert.equal(occurrences(home.files.file, "ЗАБЫТО"), 0);
    using reader = new JournalReader(home.files.file);
    assert.equal(reader.record(count)?.payload, "present");
    const report = verifyJournal(home.files);
    assert.deepEqual([report.erased, report.faults], [count / 2, []]);
  });

  it("leaves the bytes in the log while a reader holds it", () => {
    using home = temporaryHome();
    using writer = new JournalWriter(home.files);
    texts(writer, "ЗАБЫТО");
    using reader = new JournalReader(home.files.file);
    reader.database.exec("BEGIN");
    reader.lastSeq();
    eraseOnce(writer, [[1, 1]], "test");
    assert.equal(emptyLog(writer.database, 1), false);
    assert.ok(occurrences(home.files.file, "ЗАБЫТО") > 0);
    reader.database.exec("COMMIT");
    assert.equal(emptyLog(writer.database, 1), true);
    assert.equal(occurrences(home.files.file, "ЗАБЫТО"), 0);
  });
});
