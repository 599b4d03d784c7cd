import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { loadNodeKeys } from "./adapters/keys/node-keys.ts";
import { Journal } from "./adapters/sqlite/journal.ts";
import { secretHash } from "./app/secrets.ts";
import { type InspectedNode, inspectionOf, quickCheckBytesMax } from "./node-inspection.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "adyton-inspection-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function inspected(more: Partial<InspectedNode> = {}) {
  return inspectionOf({
    files: {
      journal: join(home, "journal.db"),
      backups: join(home, "backups"),
      config: join(home, "adyton.yaml"),
      modes: join(home, "modes"),
    },
    journal: { refused: 3 },
    state: { tokens: () => [], deliveries: () => [] },
    search: { census: () => Promise.resolve({ chunks: 5, indexed: 5, vectors: 4 }) },
    embedding: { leftOut: 1 },
    hasEmbedder: () => true,
    doors: () => [],
    ownerTokenHash: secretHash("the owner's token"),
    isKey: (word: string) => word === "a key",
    ...more,
  });
}

describe("the inspection of a node", () => {
  it("knows a secret of its own, and no other word", () => {
    const node = inspected();
    assert.deepEqual(
      ["the owner's token", "a key", "a kex", "слово"].map((word) => node.isOwnSecret(word)),
      [true, true, false, false],
    );
  });

  it("counts the chunks that rightly have no vector, and nothing while some are still to be made", async () => {
    assert.equal((await inspected().census()).vectors, 5);
    assert.equal((await inspected({ embedding: { leftOut: undefined } }).census()).vectors, null);
    assert.equal((await inspected({ hasEmbedder: () => false }).census()).vectors, null);
  });

  it("finds the newest backup by its name", async () => {
    assert.equal(await inspected().newestBackupMs(), undefined);
    for (const name of [
      "2026-11-20T10-00-00-000Z",
      "2026-11-21T06-30-15-042Z",
      "копия",
      "x.partial",
    ])
      mkdirSync(join(home, "backups", name), { recursive: true });
    assert.equal(await inspected().newestBackupMs(), Date.parse("2026-11-21T06:30:15.042Z"));
  });

  it("reads the configuration as the next start would", async () => {
    const before = await inspected().configFileHash();
    assert.equal(await inspected().configFileHash(), before);
    writeFileSync(join(home, "adyton.yaml"), "turns:\n  history_turns: 3\n");
    const changed = await inspected().configFileHash();
    assert.notEqual(changed, before);
    writeFileSync(join(home, "adyton.yaml"), "nonsense: 1\n");
    assert.equal(await inspected().configFileHash(), "invalid");
  });

  it("tells a whole journal from a damaged one, and leaves one that is too large", async () => {
    const file = join(home, "journal.db");
    const keys = loadNodeKeys(home);
    const journal = await Journal.open({
      file,
      headFile: join(home, "journal.head"),
      headKey: keys.headKey,
      nodeId: keys.nodeId,
    });
    await journal[Symbol.asyncDispose]();
    assert.equal(await inspected().quickCheck(), "ok");
    const bytes = readFileSync(file);
    // Behind the first page, which says that this is a database and whose.
    bytes.fill(0xff, 4_096, 8_192);
    writeFileSync(file, bytes);
    assert.equal(await inspected().quickCheck(), "damaged");
    truncateSync(file, quickCheckBytesMax);
    assert.notEqual(await inspected().quickCheck(), "unfinished");
    truncateSync(file, quickCheckBytesMax + 1);
    assert.equal(await inspected().quickCheck(), "unfinished");
  });

  it("counts replies that are owed for a quarter of an hour, and names the doors that are shut", () => {
    const owed = { id: "d", actor: "a", run: null, seq: 1, placing: 0, messages: [], notes: [] };
    const node = inspected({
      state: { tokens: () => [], deliveries: () => [{ ...owed, time: 1_000 }] },
      doors: () => [
        { name: "telegram", status: "failed" },
        { name: "discord", status: "ok" },
      ],
    });
    assert.equal(node.deadLetters(1_000 + 15 * 60_000 - 1), 0);
    assert.equal(node.deadLetters(1_000 + 15 * 60_000), 1);
    assert.deepEqual(node.closedDoors(), ["telegram"]);
    assert.equal(node.refused, 3);
  });
});
