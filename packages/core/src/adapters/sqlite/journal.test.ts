import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import type { Worker } from "node:worker_threads";
import { groupRecordsMax, recordDataBytesMax, recordFactsBytesMax } from "./encoded-group.ts";
import { JournalError } from "./journal-error.ts";
import { JournalReader } from "./journal-reader.ts";
import { Journal, type StorageState } from "./journal.ts";
import { byNode, received, said, temporaryHome } from "./test/journal-fixture.ts";
import { verifyJournal } from "./verify.ts";

const failsAs =
  (code: JournalError["code"]) =>
  (error: unknown): boolean =>
    error instanceof JournalError && error.code === code;

/** Opens a journal and answers its writer's thread as well, so that a test can end it. */
async function openWithThread(
  files: Parameters<typeof Journal.open>[0],
): Promise<[Journal, Worker]> {
  const started = once(process, "worker");
  const journal = await Journal.open(files);
  const [worker]: Worker[] = await started;
  assert.ok(worker !== undefined);
  return [journal, worker];
}

function storageState(journal: Journal, wanted: StorageState): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (journal.storage === wanted) resolve();
  const stop = journal.onStorageChange((state) => {
    if (state !== wanted) return;
    stop();
    resolve();
  });
  return promise;
}

describe("the journal", () => {
  it("writes what many callers append at once with few commits, in order", async () => {
    using home = temporaryHome();
    await using journal = await Journal.open(home.files);
    let commits = 0;
    journal.onAppended(() => (commits += 1));
    const callers = 1_000;
    const outcomes = await Promise.all(
      Array.from({ length: callers }, (_, index) =>
        journal.append({ records: [said(`text ${index}`)] }),
      ),
    );
    assert.equal(outcomes.length, callers);
    assert.equal(journal.lastSeq, callers);
    assert.ok(commits <= callers / 10, `${commits} commits`);
    assert.ok(commits >= 2, "the listener hears each commit");
    using reader = new JournalReader(home.files.file);
    assert.deepEqual(reader.record(777)?.data, { text: "text 776" });
    assert.deepEqual(verifyJournal(home.files).faults, []);
  });

  it("needs a commit for each record when they come one after the other", async () => {
    using home = temporaryHome();
    await using journal = await Journal.open(home.files);
    let commits = 0;
    journal.onAppended(() => (commits += 1));
    for (let index = 0; index < 20; index += 1) await journal.append({ records: [said("x")] });
    assert.equal(commits, 20);
  });

  it("writes what was appended before it was closed, and refuses what comes after", async () => {
    using home = temporaryHome();
    const journal = await Journal.open(home.files);
    const appended = journal.append({ records: [said("last")] });
    await journal[Symbol.asyncDispose]();
    assert.equal((await appended).kind, "appended");
    await assert.rejects(journal.append({ records: [said("late")] }), failsAs("closed"));
    await journal[Symbol.asyncDispose]();
  });

  const record = said("");
  const sized = (bytes: number) => ({ ...record, data: "x".repeat(bytes - 2) });
  const sizes: readonly (readonly [string, Parameters<Journal["append"]>[0], boolean])[] = [
    ["a payload at its limit", { records: [sized(recordDataBytesMax)] }, true],
    ["a payload of one byte more", { records: [sized(recordDataBytesMax + 1)] }, false],
    [
      "a payload that is over its limit in bytes but not in letters",
      { records: [{ ...record, data: "ы".repeat(recordDataBytesMax / 2) }] },
      false,
    ],
    ["a group at its limit", { records: Array(groupRecordsMax).fill(record) }, true],
    ["a group of one more", { records: Array(groupRecordsMax + 1).fill(record) }, false],
    ["a group of too many bytes", { records: Array(3).fill(sized(recordDataBytesMax)) }, false],
    [
      "facts over their limit",
      {
        records: [
          {
            ...byNode,
            origin: "node",
            type: "turn.resumed",
            class: "record",
            facts: { run: "r".repeat(recordFactsBytesMax) },
          },
        ],
      },
      false,
    ],
  ];
  for (const [name, group, fits] of sizes)
    it(`${fits ? "takes" : "refuses"} ${name}`, async () => {
      using home = temporaryHome();
      await using journal = await Journal.open(home.files);
      if (fits) assert.equal((await journal.append(group)).kind, "appended");
      else await assert.rejects(journal.append(group), failsAs("too_large"));
      assert.equal(journal.storage, "ok");
    });

  it("refuses an empty group, and a record that does not fit, without blaming the storage", async () => {
    using home = temporaryHome();
    await using journal = await Journal.open(home.files);
    await assert.rejects(journal.append({ records: [] }), failsAs("invalid_record"));
    await journal.append({ records: [received("r1")] });
    await assert.rejects(journal.append({ records: [received("r1")] }), failsAs("invalid_record"));
    assert.equal(journal.storage, "ok");
  });

  it("refuses what the disk does not keep up with, and takes more when it does", async () => {
    using home = temporaryHome();
    await using journal = await Journal.open({ ...home.files, commitDelayMs: 50 });
    const big = { records: [sized(recordDataBytesMax)] };
    const settled = await Promise.allSettled(Array.from({ length: 12 }, () => journal.append(big)));
    const refused = settled.filter(({ status }) => status === "rejected").length;
    // Ten payloads of 6 MiB fit into 64 MiB.
    assert.equal(refused, 2);
    assert.equal((await journal.append(big)).kind, "appended");
  });

  it("answers a step that fails and lives on", async () => {
    using home = temporaryHome();
    await using journal = await Journal.open(home.files);
    await journal.append({ records: [said("x", "trace")] });
    {
      const other = new DatabaseSync(home.files.file);
      other.exec("DROP TABLE retention; DROP TABLE token_use");
      other.close();
    }
    const { signal } = new AbortController();
    await assert.rejects(journal.sweep({ trace: -1_000 }, signal), failsAs("storage_failed"));
    journal.noteTokenUse("cli", 1);
    assert.equal((await journal.append({ records: [said("y")] })).kind, "appended");
  });

  it("starts its writer again when the thread dies: what waited is refused, later appends work", async () => {
    using home = temporaryHome();
    const [journal, worker] = await openWithThread({ ...home.files, commitDelayMs: 200 });
    await using _ = journal;
    await journal.append({ records: [said("before")] });
    const waiting = journal.append({ records: [said("under way")] });
    const failed = storageState(journal, "storage_failed");
    void worker.terminate();
    await assert.rejects(waiting, failsAs("storage_failed"));
    await failed;
    await assert.rejects(journal.append({ records: [said("x")] }), failsAs("storage_failed"));
    await storageState(journal, "ok");
    assert.equal((await journal.append({ records: [said("after")] })).kind, "appended");
    using reader = new JournalReader(home.files.file);
    const recovered = reader.newest(10, "storage.recovered");
    assert.deepEqual(
      recovered.map(({ facts }) => facts),
      [{ refused: 1 }],
    );
    assert.deepEqual(verifyJournal(home.files).faults, []);
  });

  it("does not start it again on a file that a person has to look at", async () => {
    using home = temporaryHome();
    const [journal, worker] = await openWithThread(home.files);
    await using _ = journal;
    await journal.append({ records: [said("before")] });
    const again = once(process, "worker");
    writeFileSync(home.files.headFile, "not ours");
    await worker.terminate();
    const [second]: Worker[] = await again;
    assert.ok(second !== undefined);
    await once(second, "exit");
    await assert.rejects(journal.append({ records: [said("x")] }), failsAs("storage_failed"));
    assert.equal(journal.storage, "storage_failed");
  });

  it("says why it cannot be opened", async () => {
    using home = temporaryHome();
    writeFileSync(home.files.file, "no database ".repeat(1_000));
    await assert.rejects(Journal.open(home.files), failsAs("damaged"));
    using missing = temporaryHome();
    await assert.rejects(
      Journal.open({ ...missing.files, file: `${missing.home}/none/journal.db` }),
      failsAs("storage_failed"),
    );
  });
});
