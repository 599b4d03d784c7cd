import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
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
  byNode,
  filesIn,
  richJournal,
  said,
  temporaryHome,
} from "./adapters/sqlite/test/journal-fixture.ts";
import { StateReader } from "./adapters/sqlite/state-reader.ts";
import type { NewRecord } from "./domain/journal/record.ts";
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

const tokenAdded = (name: string): NewRecord => ({
  ...byNode,
  origin: "node",
  type: "token.added",
  class: "record",
  facts: { name, hash: `h ${name}`, tier: "member", may: ["say"], person: false, expiresMs: null },
});
const tokenRevoked = (name: string): NewRecord => ({
  ...byNode,
  origin: "node",
  type: "token.revoked",
  class: "record",
  facts: { name },
});

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

  it("keeps revoked what was revoked since the backup, and tells which tokens are gone", async () => {
    using home = temporaryHome();
    const write = (...records: NewRecord[]): void => {
      using writer = new JournalWriter(home.files);
      append(writer, ...records.map((record) => ({ records: [record] })));
    };
    write(...["анна", "boris", "vera"].map(tokenAdded), tokenRevoked("vera"));
    const backup = await backUpOffline(home.home, join(home.home, "b"));
    write(tokenRevoked("анна"), tokenAdded("late"), tokenAdded("late 2"), tokenRevoked("late 2"));
    const report = await restoreOffline(home.home, backup.path);
    assert.deepEqual(report.tokens, { revokedAgain: ["анна"], lost: ["late"] });
    assert.equal(report.lastSeq, backup.lastSeq + 2);
    using reader = new JournalReader(home.files.file);
    const tokens = new StateReader(reader.database).tokens();
    assert.deepEqual(
      tokens.map(({ name, revoked }) => [name, revoked !== null]),
      [
        ["boris", false],
        ["vera", true],
        ["анна", true],
      ],
    );
    assert.deepEqual((await verifyOffline(home.home)).faults, []);
    const again = await restoreOffline(home.home, backup.path);
    assert.deepEqual(again.tokens, { revokedAgain: ["анна"], lost: [] });
  });

  it("restores over a journal that cannot be read, and says that it could not be asked", async () => {
    using home = temporaryHome();
    richJournal(home.files, 2);
    const backup = await backUpOffline(home.home, join(home.home, "b"));
    writeFileSync(home.files.file, "not a database ".repeat(100));
    const report = await restoreOffline(home.home, backup.path);
    assert.equal(report.tokens, undefined);
    assert.ok(report.kept !== undefined);
    assert.deepEqual((await verifyOffline(home.home)).faults, []);
  });

  it("takes a backup's key only once the backup is found clean", async () => {
    using home = temporaryHome();
    using elsewhere = temporaryHome();
    richJournal(home.files, 2);
    const backup = await backUpOffline(home.home, join(home.home, "b"));
    const own = readFileSync(elsewhere.files.keyFile);
    const database = join(backup.path, "journal.db");
    const whole = readFileSync(database);
    edit(database, "UPDATE event SET owner = 'eve' WHERE seq = 2");
    const files = (): string[] =>
      readdirSync(elsewhere.home).filter((name) => !name.startsWith("node.lock"));
    await assert.rejects(restoreOffline(elsewhere.home, backup.path), refusedAs("not_clean"));
    assert.deepEqual(readFileSync(elsewhere.files.keyFile), own);
    assert.deepEqual(files(), ["node.key"]);
    rmSync(elsewhere.files.keyFile);
    await assert.rejects(restoreOffline(elsewhere.home, backup.path), refusedAs("not_clean"));
    assert.deepEqual(files(), []);
    writeFileSync(database, whole);
    writeFileSync(elsewhere.files.keyFile, own, { mode: 0o600 });
    await restoreOffline(elsewhere.home, backup.path);
    assert.equal(loadNodeKeys(elsewhere.home).nodeId, home.files.nodeId);
    assert.equal(statSync(elsewhere.files.keyFile).mode & 0o777, 0o600);
    const kept = files().find((name) => name.startsWith("node.key.before-"));
    assert.deepEqual(readFileSync(join(elsewhere.home, kept ?? "")), own);
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
