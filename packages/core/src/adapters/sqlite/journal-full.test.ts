import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { JournalError } from "./journal-error.ts";
import { JournalReader } from "./journal-reader.ts";
import { Journal, type StorageState } from "./journal.ts";
import { said, temporaryHome } from "./test/journal-fixture.ts";
import { verifyJournal } from "./verify.ts";

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
const skip = isRoot ? false : "mounting a small disk needs root on Linux";

/** A disk of 4 MB in memory, gone with the block. */
function smallDisk(folder: string): Disposable & { readonly folder: string } {
  mkdirSync(folder);
  execFileSync("/bin/mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]);
  return {
    folder,
    [Symbol.dispose]: () => {
      execFileSync("/bin/umount", [folder]);
    },
  };
}

it(
  "refuses when the disk is full, keeps nothing half-written, and heals by itself",
  { skip },
  async () => {
    using outer = temporaryHome();
    using disk = smallDisk(join(outer.home, "disk"));
    using home = temporaryHome(disk.folder);
    const filler = join(disk.folder, "filler");
    writeFileSync(filler, Buffer.alloc(1024 * 1024));
    await using journal = await Journal.open(home.files);
    const states: StorageState[] = [];
    const { promise: healed, resolve: heal } = Promise.withResolvers<void>();
    journal.onStorageChange((state) => {
      states.push(state);
      if (state === "ok") heal();
    });
    const kept: number[] = [];
    let refused = 0;
    const text = "места нет ".repeat(400);
    while (refused < 5) {
      try {
        const outcome = await journal.append({ records: [said(text), said("second half")] });
        if (outcome.kind === "appended") kept.push(outcome.lastSeq);
      } catch (error) {
        assert.ok(error instanceof JournalError);
        assert.equal(error.code, "storage_full", error.message);
        refused += 1;
      }
    }
    assert.ok(kept.length > 50, `${kept.length} groups fitted`);
    assert.equal(journal.storage, "storage_full");
    using reader = new JournalReader(home.files.file);
    assert.equal(reader.lastSeq(), kept.length * 2);
    assert.deepEqual(verifyJournal(home.files).faults, []);
    rmSync(filler);
    // Nothing is appended: the probe finds the room.
    await healed;
    assert.deepEqual(states, ["storage_full", "ok"]);
    assert.deepEqual(
      reader.newest(1).map(({ type, facts }) => [type, facts]),
      [["storage.recovered", { refused }]],
    );
    assert.equal((await journal.append({ records: [said("after")] })).kind, "appended");
    assert.deepEqual(verifyJournal(home.files).faults, []);
  },
);
