import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { lockFolder } from "@adyton/runtime/resource-lock";
import { loadNodeKeys } from "./adapters/keys/node-keys.ts";
import { BackupError } from "./adapters/sqlite/backup.ts";
import { JournalReader } from "./adapters/sqlite/journal-reader.ts";
import { JournalWriter } from "./adapters/sqlite/journal-writer.ts";
import {
  append,
  filesIn,
  richJournal,
  said,
  temporaryHome,
} from "./adapters/sqlite/test/journal-fixture.ts";
import {
  acceptOffline,
  backUpOffline,
  MaintenanceError,
  rebuildOffline,
  restoreOffline,
  verifyOffline,
} from "./maintenance.ts";

const refusedAs =
  (code: MaintenanceError["code"] | BackupError["code"]) =>
  (error: unknown): boolean =>
    (error instanceof MaintenanceError || error instanceof BackupError) && error.code === code;

function edit(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

describe("maintenance of a node that is not running", () => {
  it("is refused while a node runs, whatever it is", async () => {
    using home = temporaryHome();
    richJournal(home.files, 2);
    const outcome = await lockFolder(home.home);
    assert.equal(outcome.kind, "locked");
    const calls = [
      () => verifyOffline(home.home),
      () => backUpOffline(home.home),
      () => restoreOffline(home.home, home.home),
      () => acceptOffline(home.home),
      () => rebuildOffline(home.home),
    ];
    for (const call of calls) await assert.rejects(call(), refusedAs("node_running"));
    if (outcome.kind === "locked") outcome.lock.release();
    assert.equal((await verifyOffline(home.home)).clean, true);
  });

  it("says that there is no journal, and makes neither journal nor key", async () => {
    using home = temporaryHome();
    rmSync(home.files.keyFile);
    await assert.rejects(verifyOffline(home.home), refusedAs("no_journal"));
    assert.deepEqual(
      readdirSync(home.home).filter((name) => !name.startsWith("node.lock")),
      [],
    );
  });

  it("backs up to a dated folder and restores from it: what came later is kept aside", async () => {
    using home = temporaryHome();
    richJournal(home.files, 2);
    const backup = await backUpOffline(home.home);
    assert.match(basename(backup.path), /^\d{8}T\d{6}Z$/);
    {
      using writer = new JournalWriter(home.files);
      append(writer, { records: [said("later, позже")] });
    }
    const report = await restoreOffline(home.home, backup.path);
    assert.equal(report.lastSeq, backup.lastSeq + 1);
    assert.ok(report.kept !== undefined && existsSync(report.kept));
    using reader = new JournalReader(home.files.file);
    assert.deepEqual(reader.record(report.lastSeq)?.facts, {
      lastSeq: backup.lastSeq,
      hash: backup.headHash,
    });
    assert.deepEqual((await verifyOffline(home.home)).faults, []);
    using former = new JournalReader(report.kept);
    assert.deepEqual(former.record(backup.lastSeq + 1)?.data, { text: "later, позже" });
  });

  it("restores into a home without a journal, with the backup's key", async () => {
    using home = temporaryHome();
    using elsewhere = temporaryHome();
    richJournal(home.files, 2);
    const backup = await backUpOffline(home.home, join(home.home, "b"));
    await restoreOffline(elsewhere.home, backup.path);
    assert.equal(loadNodeKeys(elsewhere.home).nodeId, home.files.nodeId);
    assert.deepEqual((await verifyOffline(elsewhere.home)).faults, []);
    using writer = new JournalWriter(filesIn(elsewhere.home));
    assert.equal(append(writer, { records: [said("on")] }).kind, "appended");
  });

  it("does not restore another node's backup over a journal", async () => {
    using home = temporaryHome();
    using elsewhere = temporaryHome();
    richJournal(home.files, 2);
    richJournal(elsewhere.files, 3);
    const backup = await backUpOffline(home.home, join(home.home, "b"));
    const before = readFileSync(elsewhere.files.file);
    await assert.rejects(restoreOffline(elsewhere.home, backup.path), refusedAs("foreign_backup"));
    assert.deepEqual(readFileSync(elsewhere.files.file), before);
    assert.equal((await verifyOffline(elsewhere.home)).clean, true);
  });

  it("does not restore a backup that was changed, and leaves the journal as it was", async () => {
    using home = temporaryHome();
    richJournal(home.files, 2);
    const backup = await backUpOffline(home.home, join(home.home, "b"));
    edit(join(backup.path, "journal.db"), "UPDATE event SET owner = 'eve' WHERE seq = 2");
    const before = readFileSync(home.files.file);
    await assert.rejects(restoreOffline(home.home, backup.path), refusedAs("not_clean"));
    edit(join(backup.path, "journal.db"), "DELETE FROM event WHERE seq > 3");
    await assert.rejects(restoreOffline(home.home, backup.path), refusedAs("altered"));
    assert.deepEqual(readFileSync(home.files.file), before);
    assert.deepEqual(
      readdirSync(home.home).filter((name) => name.includes("incoming")),
      [],
    );
  });

  for (const [name, spoil] of [
    ["is missing", (file: string) => rmSync(file)],
    ["was edited", (file: string) => writeFileSync(file, "edited")],
  ] as const)
    it(`vouches for a journal whose head ${name}, on record`, async () => {
      using home = temporaryHome();
      richJournal(home.files, 2);
      spoil(home.files.headFile);
      assert.equal((await verifyOffline(home.home)).clean, false);
      const { lastSeq } = await acceptOffline(home.home);
      assert.deepEqual((await verifyOffline(home.home)).faults, []);
      using reader = new JournalReader(home.files.file);
      assert.equal(reader.record(lastSeq)?.type, "journal.restored");
    });

  it("vouches for an older copy that was put back", async () => {
    using home = temporaryHome();
    richJournal(home.files, 2);
    const older = readFileSync(home.files.file);
    {
      using writer = new JournalWriter(home.files);
      append(writer, { records: [said("later")] });
    }
    writeFileSync(home.files.file, older);
    const { faults } = await verifyOffline(home.home);
    assert.deepEqual(
      faults.map(({ kind, seq }) => [kind, seq]),
      [["tail_cut", 8]],
    );
    assert.throws(() => new JournalWriter(home.files));
    assert.equal((await acceptOffline(home.home)).lastSeq, 8);
    assert.deepEqual((await verifyOffline(home.home)).faults, []);
  });

  it("vouches for no journal with another fault", async () => {
    using home = temporaryHome();
    richJournal(home.files, 4);
    edit(home.files.file, "DELETE FROM event WHERE seq > 6; DELETE FROM payload WHERE seq > 6");
    // The state still tells of what was cut.
    await assert.rejects(acceptOffline(home.home), refusedAs("not_clean"));
    edit(home.files.file, "UPDATE event SET tier = 'owner' WHERE seq = 2");
    await assert.rejects(acceptOffline(home.home), refusedAs("not_clean"));
  });

  it("derives the state again", async () => {
    using home = temporaryHome();
    richJournal(home.files, 2);
    edit(home.files.file, "DELETE FROM run; UPDATE token_use SET time = 1");
    assert.equal((await verifyOffline(home.home)).clean, false);
    await rebuildOffline(home.home);
    assert.deepEqual((await verifyOffline(home.home)).faults, []);
  });
});
