import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { backUp, BackupError, checkBackup } from "./backup.ts";
import { JournalReader } from "./journal-reader.ts";
import { JournalWriter } from "./journal-writer.ts";
import { Journal } from "./journal.ts";
import { MaintenanceThreadError, runBackup, runVerify } from "./maintenance-thread.ts";
import { append, richJournal, said, temporaryHome } from "./test/journal-fixture.ts";

const refusedAs =
  (code: BackupError["code"]) =>
  (error: unknown): boolean =>
    error instanceof BackupError && error.code === code;

describe("a backup", () => {
  it("is one snapshot, whole and closed to others, while four writers append", async () => {
    using home = temporaryHome();
    {
      // Several steps of copying, so that commits fall between them.
      using writer = new JournalWriter(home.files);
      for (let index = 0; index < 12; index += 1)
        append(writer, { records: [said("x".repeat(5_000_000))] });
    }
    await using journal = await Journal.open(home.files);
    const stop = new AbortController();
    let appended = 0;
    const writeOn = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await journal.append({ records: [said(`пишет ${appended}`)] });
        appended += 1;
      }
    };
    const writers = [writeOn(), writeOn(), writeOn(), writeOn()];
    const steps: number[] = [];
    const folder = join(home.home, "backups", "one");
    const before = journal.lastSeq;
    const report = await runBackup(home.files, folder, {
      onProgress: (done, total) => steps.push(done / total),
    });
    stop.abort();
    await Promise.all(writers);
    assert.ok(steps.length > 3, `${steps.length} steps`);
    assert.ok(appended > 10, `${appended} appended`);
    assert.ok(report.lastSeq >= before && report.lastSeq < journal.lastSeq);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(folder).toSorted(), ["journal.db", "manifest.json", "node.key"]);
    for (const name of readdirSync(folder))
      assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
    assert.equal(checkBackup(folder, home.files).seq, report.lastSeq);
    using reader = new JournalReader(join(folder, "journal.db"));
    assert.equal(reader.lastSeq(), report.lastSeq);
    const verified = await runVerify(home.files);
    assert.deepEqual(verified.faults, []);
  });

  it("is refused onto a folder that is there", async () => {
    using home = temporaryHome();
    richJournal(home.files, 2);
    await assert.rejects(backUp(home.files, home.home), refusedAs("exists"));
  });

  it("leaves nothing when it is stopped or fails", async () => {
    using home = temporaryHome();
    richJournal(home.files, 2);
    const folder = join(home.home, "b");
    const stopped = new AbortController();
    const run = runBackup(home.files, folder, { signal: stopped.signal });
    stopped.abort(new Error("stopped"));
    await assert.rejects(run, /stopped/);
    await assert.rejects(
      runBackup({ ...home.files, keyFile: join(home.home, "none") }, folder),
      MaintenanceThreadError,
    );
    assert.deepEqual(
      readdirSync(home.home).filter((name) => name.startsWith("b")),
      [],
    );
  });

  it("is told from what is none, and from one that was altered", async () => {
    using home = temporaryHome();
    using other = temporaryHome();
    richJournal(home.files, 2);
    assert.throws(() => checkBackup(home.home, home.files), refusedAs("not_a_backup"));
    const folder = join(home.home, "b");
    await backUp(home.files, folder);
    assert.throws(() => checkBackup(folder, other.files), refusedAs("altered"));
    const manifest = join(folder, "manifest.json");
    const text = readFileSync(manifest, "utf8");
    writeFileSync(manifest, text.replace('"lastSeq":7', '"lastSeq":6'));
    assert.notEqual(readFileSync(manifest, "utf8"), text);
    assert.throws(() => checkBackup(folder, home.files), refusedAs("altered"));
    writeFileSync(manifest, "{}");
    assert.throws(() => checkBackup(folder, home.files), refusedAs("not_a_backup"));
    assert.equal(existsSync(join(folder, "journal.db-wal")), false);
  });
});

describe("verification in a thread of its own", () => {
  it("reports its progress and its outcome beside the writer", async () => {
    using home = temporaryHome();
    await using journal = await Journal.open(home.files);
    await journal.append({ records: [said("one"), said("два")] });
    const steps = new Set<string>();
    const report = await runVerify(home.files, { onProgress: ({ step }) => steps.add(step) });
    assert.deepEqual(report.faults, []);
    assert.equal(report.records, 2);
    assert.deepEqual([...steps], ["records", "structure", "state"]);
    assert.equal((await journal.append({ records: [said("three")] })).kind, "appended");
  });

  it("ends when it is stopped", async () => {
    using home = temporaryHome();
    richJournal(home.files, 2);
    const stopped = new AbortController();
    const run = runVerify(home.files, { signal: stopped.signal });
    stopped.abort(new Error("stopped"));
    await assert.rejects(run, /stopped/);
    await assert.rejects(runVerify(home.files, { signal: stopped.signal }), /stopped/);
  });
});
