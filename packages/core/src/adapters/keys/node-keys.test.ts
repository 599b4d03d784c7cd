import assert from "node:assert/strict";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { SecretError } from "@adyton/runtime/secret";
import { deriveNodeKeys, loadNodeKeys, NodeKeyError, type NodeKeys } from "./node-keys.ts";

let home = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "adyton-keys-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

/** Each key as hex digits. */
const plain = (keys: NodeKeys): Record<string, string> =>
  Object.fromEntries(
    Object.entries(keys).map(([name, key]: [string, string | Uint8Array]) => [
      name,
      typeof key === "string" ? key : Buffer.from(key).toString("hex"),
    ]),
  );

describe("the node's keys", () => {
  it("are made once, readable by this user alone, and stay", () => {
    const first = loadNodeKeys(home);
    assert.deepEqual(readdirSync(home), ["node.key"]);
    assert.equal(statSync(join(home, "node.key")).mode & 0o777, 0o600);
    assert.match(readFileSync(join(home, "node.key"), "utf8"), /^[0-9a-f]{64}\n$/);
    assert.deepEqual(loadNodeKeys(home), first);
    assert.match(first.nodeId, /^[0-9a-f]{16}$/);
  });

  it("differ from each other and from another node's", () => {
    const a = deriveNodeKeys(Buffer.alloc(32, 1));
    const b = deriveNodeKeys(Buffer.alloc(32, 2));
    const all = [a, b].flatMap((keys) => Object.values(plain(keys)));
    assert.equal(new Set(all).size, 2 * Object.keys(a).length);
  });

  it("are the same on every version: a journal outlives the program", () => {
    assert.deepEqual(plain(deriveNodeKeys(Buffer.alloc(32, 1))), {
      nodeId: "c1df8afa9c226f3d",
      headKey: "a8e637bde135a5671d6fa43bc0941bacc660458159a25aa0dcf7653194b87823",
      conversationKey: "2109ba120b59ed320c435d54f4dcb01a66f4dca8c198a4de9efb010fedb5ebba",
      dedupeKey: "f586a833ccfaa2d5b92d3f2fca754d70cbebe4e322540f5382ad69152077bbee",
      foldKey: "33cb8eff34c2f568a7b77c761e951ba5527460ebdeedd89f1f81fe6040bedee7",
      forgetKey: "2f1d1208eef24440e907403795a181bbbe7eb8e9894b9bee9ea221c0121d8dde",
      modelKey: "fce12925d80a3c2147ff546a0a637fe45cff5845c15e80d4775cc2babb53a16a",
      pairingKey: "ae936cb53199f64d0a527804159c3c63b22fdee7d0acfdd84303da281b57ce0f",
    });
  });

  for (const mode of [0o640, 0o604, 0o644, 0o660])
    it(`are refused when the file has mode ${mode.toString(8)}, with the cure`, () => {
      loadNodeKeys(home);
      chmodSync(join(home, "node.key"), mode);
      assert.throws(
        () => loadNodeKeys(home),
        (error) =>
          error instanceof SecretError &&
          error.code === "readable_by_others" &&
          error.message.includes("chmod 600"),
      );
    });

  const broken: readonly (readonly [string, string])[] = [
    ["63 characters", "a".repeat(63)],
    ["65 characters", "a".repeat(65)],
    ["a letter that is no hex digit", "g".repeat(64)],
    ["two lines", `${"a".repeat(64)}\n${"a".repeat(64)}\n`],
  ];
  for (const [name, text] of broken)
    it(`are refused when the file holds ${name}, without showing it`, () => {
      writeFileSync(join(home, "node.key"), text, { mode: 0o600 });
      assert.throws(
        () => loadNodeKeys(home),
        (error) =>
          error instanceof NodeKeyError &&
          error.code === "not_a_key" &&
          !error.message.includes(text.slice(0, 10)),
      );
    });

  it("are not made anew beside a journal", () => {
    writeFileSync(join(home, "journal.db"), "");
    assert.throws(
      () => loadNodeKeys(home),
      (error) => error instanceof NodeKeyError && error.code === "key_missing",
    );
    assert.deepEqual(readdirSync(home), ["journal.db"]);
  });
});
