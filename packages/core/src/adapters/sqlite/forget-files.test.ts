import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { systemClock } from "@adyton/runtime/clock";
import { createLog, type LogFields } from "@adyton/runtime/log";
import { partsOf } from "../../domain/forgetting/passages.ts";
import { backUp } from "./backup.ts";
import { eraseOnce } from "./erase-step.ts";
import { copiesWith, residueIn } from "./forget-files.ts";
import { JournalWriter } from "./journal-writer.ts";
import { append, said, temporaryHome } from "./test/journal-fixture.ts";

const secret = "Ключ от чулана спрятан под третьей ступенью, слева.";

describe("copies of the journal", () => {
  it("are named that hold what is forgotten, also those put aside; others and later ones are not", async () => {
    using home = temporaryHome();
    const { file } = home.files;
    const backups = join(home.home, "backups");
    const named = () => copiesWith(file, backups, [[2, 2]]).map(({ name }) => name);
    using writer = new JournalWriter(home.files);
    append(writer, { records: [said("начало")] });
    assert.deepEqual(named(), [], "there is no folder yet");
    await backUp(home.files, join(backups, "before"));
    copyFileSync(join(backups, "before", "journal.db"), `${file}.before-0`);
    append(writer, { records: [said(secret)] });
    await backUp(home.files, join(backups, "with"));
    copyFileSync(join(backups, "with", "journal.db"), `${file}.before-1`);
    {
      // Another record stands at the same number: what was put aside had parted from this journal.
      const headFile = join(home.home, "other.head");
      using other = new JournalWriter({ ...home.files, headFile, file: `${file}.other` });
      append(other, { records: [said("раз")] }, { records: [said("два")] });
    }
    eraseOnce(writer, [[2, 2]], "test");
    await backUp(home.files, join(backups, "after"));
    mkdirSync(join(backups, "broken"));
    writeFileSync(join(backups, "broken", "journal.db"), "no database");
    mkdirSync(join(backups, "empty"));
    const copies = copiesWith(file, backups, [[2, 2]]);
    assert.deepEqual(copies.map(({ name, readable }) => `${name} ${readable}`).toSorted(), [
      "backups/broken false",
      "backups/with true",
      "journal.db.before-1 true",
    ]);
    for (const { made } of copies) assert.ok(Math.abs(Date.now() - Date.parse(made)) < 60_000);
  });
});

const none = "/there/is/no/index.db";

describe("residue", () => {
  it("is counted in every file that is there, and not where a surviving record holds the words", () => {
    using home = temporaryHome();
    const { file } = home.files;
    using writer = new JournalWriter(home.files);
    append(writer, { records: [said("другое")] });
    const log = join(home.home, "adyton.log");
    const words = partsOf([secret]);
    const all = Math.floor(Buffer.byteLength(secret) / 16) * 16;
    const databases = [file, `${file}-wal`];
    const residue = () => residueIn(file, { index: none, databases, logs: [log] }, words);
    assert.equal(residue(), 0);
    writeFileSync(log, `... ${secret} ...`);
    assert.equal(residue(), all);
    writeFileSync(log, "");
    const large = join(home.home, "index.db");
    writeFileSync(large, "x".repeat(9 * 1024 * 1024) + secret.slice(0, 20));
    databases.push(large);
    assert.equal(residue(), 32, "behind the first window");
    append(writer, { records: [said(secret)] });
    assert.equal(residue(), 0, "it is that record's");
    assert.equal(residueIn(file, { index: none, databases, logs: [log] }, partsOf([])), 0);
  });

  it("is not when a line of the log was written, also where an erased report names that minute", async () => {
    using home = temporaryHome();
    using writer = new JournalWriter(home.files);
    append(writer, { records: [said("другое")] });
    const path = join(home.home, "adyton.log");
    const at = "2026-11-21T16:39:39.023Z";
    const clock = { ...systemClock, nowMs: () => Date.parse(at) };
    const residue = () =>
      residueIn(
        home.files.file,
        { index: none, databases: [], logs: [path] },
        partsOf([at, secret]),
      );
    const write = async (message: string, fields: LogFields = {}): Promise<void> => {
      const target = { kind: "file", path, bytesMax: 1_000_000, filesMax: 1 } as const;
      await using log = createLog({ target, clock });
      log.info(message, fields);
    };
    await write("listening");
    await write("the model server's state changed", { status: "ok" });
    assert.equal(residue(), 0);
    await write("control", { since: at });
    assert.equal(residue(), 16, "said by a line, not of it");
    await write("control", { text: secret });
    assert.equal(residue(), 16 + Math.floor(Buffer.byteLength(secret) / 16) * 16);
  });

  it("is not what the index made of a record that survives, and is what it made of one that does not", () => {
    using home = temporaryHome();
    using writer = new JournalWriter(home.files);
    append(writer, { records: [said("начало")] }, { records: [said("в других байтах")] });
    const index = join(home.home, "index.db");
    {
      using made = new DatabaseSync(index);
      const columns = ["text", "heading_terms", "context_terms", "body_terms"];
      made.exec(`CREATE TABLE documents (id INTEGER, seq INTEGER);
        CREATE TABLE chunks (document INTEGER, ${columns.join(", ")});
        INSERT INTO documents VALUES (7, 2);`);
      made.prepare("INSERT INTO chunks VALUES (7, 'другое', '', '', ?)").run(secret);
    }
    const words = partsOf([secret]);
    const residue = () =>
      residueIn(home.files.file, { index, databases: [index], logs: [] }, words);
    assert.equal(residue(), 0);
    eraseOnce(writer, [[2, 2]], "test");
    assert.equal(residue(), Math.floor(Buffer.byteLength(secret) / 16) * 16);
  });

  it("is found across the border of two windows", () => {
    using home = temporaryHome();
    using writer = new JournalWriter(home.files);
    append(writer, { records: [said("другое")] });
    const large = join(home.home, "index.db");
    const word = "abcdefghijklmnop";
    for (let before = 0; before <= 16; before += 1) {
      writeFileSync(large, `${"x".repeat(8 * 1024 * 1024 - before)}${word}${"y".repeat(40)}`);
      const files = { index: none, databases: [large], logs: [] };
      assert.ok(residueIn(home.files.file, files, partsOf([word])) >= 16, `${before} bytes before`);
    }
  });
});
