import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ensurePrivateFolder, writeFileAtomic } from "./atomic-file.ts";

const root = mkdtempSync(join(tmpdir(), "atomic-"));
after(() => rmSync(root, { recursive: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe("writeFileAtomic", () => {
  it("creates and replaces, with the exact mode and nothing left behind", async () => {
    const folder = mkdtempSync(join(root, "write-"));
    const path = join(folder, "файл.txt");
    await writeFileAtomic(path, "one");
    assert.equal(modeOf(path), 0o600);
    await writeFileAtomic(path, Buffer.from("два"), { mode: 0o644 });
    assert.equal(readFileSync(path, "utf8"), "два");
    assert.equal(modeOf(path), 0o644);
    assert.deepEqual(readdirSync(folder), ["файл.txt"]);
  });

  it("removes its temporary file when it fails", async () => {
    const folder = mkdtempSync(join(root, "fail-"));
    mkdirSync(join(folder, "taken"));
    await assert.rejects(writeFileAtomic(join(folder, "taken"), "x"));
    assert.deepEqual(readdirSync(folder), ["taken"]);
  });
});

describe("ensurePrivateFolder", () => {
  const cases: ReadonlyArray<[name: string, prepare: (path: string) => void, expected: string]> = [
    ["an absent folder", () => undefined, "ready"],
    ["a private folder", (path) => mkdirSync(path, { mode: 0o700 }), "ready"],
    ["an empty open folder", (path) => (mkdirSync(path), chmodSync(path, 0o755)), "ready"],
    [
      "an open folder with files",
      (path) => (mkdirSync(path), chmodSync(path, 0o750), writeFileSync(join(path, "x"), "")),
      "open_to_others",
    ],
    ["a file", (path) => writeFileSync(path, ""), "not_a_folder"],
    ["a dangling link", (path) => symlinkSync(join(root, "nowhere"), path), "not_a_folder"],
    [
      "our link to a private folder",
      (path) => (mkdirSync(`${path}.real`, { mode: 0o700 }), symlinkSync(`${path}.real`, path)),
      "ready",
    ],
  ];
  for (const [name, prepare, expected] of cases)
    it(`answers ${expected} for ${name}`, async () => {
      const path = join(mkdtempSync(join(root, "folder-")), "home");
      prepare(path);
      const outcome = await ensurePrivateFolder(path);
      assert.equal(outcome.kind === "ready" ? "ready" : outcome.reason, expected);
      if (outcome.kind === "ready") assert.equal(modeOf(path), 0o700);
      if (expected === "open_to_others" && outcome.kind === "refused")
        assert.match(outcome.message, /chmod 700 /);
    });

  it(
    "refuses what belongs to another user",
    { skip: process.getuid?.() !== 0 && "only root can set this up" },
    async () => {
      const { chownSync, lchownSync } = await import("node:fs");
      const base = mkdtempSync(join(root, "foreign-"));
      const folder = join(base, "folder");
      mkdirSync(folder, { mode: 0o700 });
      const link = join(base, "link");
      symlinkSync(folder, link);
      lchownSync(link, 12_345, 12_345);
      const linked = await ensurePrivateFolder(link);
      assert.equal(linked.kind === "refused" && linked.reason, "foreign_link");
      chownSync(folder, 12_345, 12_345);
      const owned = await ensurePrivateFolder(folder);
      assert.equal(owned.kind === "refused" && owned.reason, "foreign_owner");
    },
  );
});
