import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  AgeError,
  ageHeaderBytesMax,
  ageOpen,
  ageRecipientOf,
  ageSeal,
  newAgeKeys,
} from "./age.ts";
import { Secret } from "./secret.ts";

const keys = newAgeKeys();
const text = Buffer.from("What is the code of the door? Какой код у двери?");
const chunk = 64 * 1024;
const sizes = [0, 1, 1_024, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 5];
const bytesOf = (size: number): Buffer => Buffer.alloc(size, text);

const codeOf = (identity: Secret, file: Uint8Array): string => {
  try {
    ageOpen(identity, file);
    return "opened";
  } catch (error) {
    return error instanceof AgeError ? error.code : "thrown";
  }
};

describe("age", () => {
  it("opens what it sealed, and shows nothing of it in between", () => {
    for (const size of sizes) {
      const file = ageSeal(keys.recipient, bytesOf(size));
      assert.deepEqual(ageOpen(keys.identity, file), bytesOf(size), `${size} bytes`);
      assert.equal(file.includes("door"), false);
      assert.equal(file.includes("двери"), false);
    }
  });

  it("tells apart whom a file is for", () => {
    const file = ageSeal(keys.recipient, text);
    assert.equal(codeOf(newAgeKeys().identity, file), "foreign");
    assert.equal(codeOf(keys.identity, file), "opened");
  });

  it("notices a change of any byte, and a cut at any length", () => {
    const file = ageSeal(keys.recipient, text);
    for (let index = 0; index < file.length; index += 1) {
      const changed = Buffer.from(file);
      changed[index] = (changed[index] ?? 0) ^ 1;
      assert.notEqual(codeOf(keys.identity, changed), "opened", `byte ${index}`);
      assert.notEqual(codeOf(keys.identity, file.subarray(0, index)), "opened", `cut at ${index}`);
    }
    assert.notEqual(codeOf(keys.identity, Buffer.concat([file, Buffer.alloc(1)])), "opened");
  });

  it("notices a part that was cut off, moved or put in", () => {
    const file = ageSeal(keys.recipient, bytesOf(3 * chunk));
    const part = chunk + 16;
    const start = file.length - 3 * part;
    const [head, ...parts] = [0, 1, 2, 3].map((index) =>
      index === 0
        ? file.subarray(0, start)
        : file.subarray(start + (index - 1) * part, start + index * part),
    );
    const of = (...order: readonly number[]): Buffer =>
      Buffer.concat([head ?? text, ...order.map((index) => parts[index] ?? text)]);
    assert.equal(codeOf(keys.identity, of(0, 1, 2)), "opened");
    for (const order of [[0, 1], [0, 2], [1, 0, 2], [0, 1, 2, 2], []])
      assert.equal(codeOf(keys.identity, of(...order)), "damaged", order.join());
  });

  const stanza = (line: string): Buffer =>
    Buffer.from(`age-encryption.org/v1\n${line}\n--- ${"A".repeat(43)}\n${"x".repeat(32)}`);
  const notAge: readonly [name: string, file: Buffer][] = [
    ["nothing", Buffer.alloc(0)],
    ["a text", text],
    ["a header without an end", Buffer.from("age-encryption.org/v1\n-> X25519 AAAA\n")],
    ["no stanza", Buffer.from(`age-encryption.org/v1\n--- ${"A".repeat(43)}\n`)],
    ["a stanza without a body", stanza("-> X25519 AAAA")],
    ["a stanza with no type", stanza("->\n")],
    ["a share that is too short", stanza(`-> X25519 AAAA\n${"A".repeat(43)}`)],
    ["a share that fits every key", stanza(`-> X25519 ${"A".repeat(43)}\n${"A".repeat(43)}`)],
    ["base64 in another spelling", stanza(`-> X25519 ${"A".repeat(42)}B\n${"A".repeat(43)}`)],
    [
      "a header over the limit",
      stanza(`-> other\n${`${"A".repeat(64)}\n`.repeat(ageHeaderBytesMax / 64)}`),
    ],
  ];
  for (const [name, file] of notAge)
    it(`refuses ${name}`, () => assert.equal(codeOf(keys.identity, file), "not_sealed"));

  it("passes over stanzas of other kinds", () => {
    assert.equal(codeOf(keys.identity, stanza(`-> other a b\n${"A".repeat(64)}\n`)), "foreign");
  });

  it("finds the recipient of an identity", () => {
    assert.equal(ageRecipientOf(keys.identity), keys.recipient);
    assert.throws(() => ageRecipientOf(new Secret(keys.recipient)), { code: "bad_identity" });
  });

  it("refuses keys that are none", () => {
    assert.equal(codeOf(new Secret(keys.recipient), ageSeal(keys.recipient, text)), "bad_identity");
    for (const recipient of ["", "age1", keys.identity.reveal(), `${keys.recipient}q`])
      assert.throws(() => ageSeal(recipient, text), { code: "bad_recipient" });
  });
});

const isAgeHere = spawnSync("age", ["--version"]).error === undefined;

describe("the program age", { skip: isAgeHere ? false : "age is not installed" }, () => {
  it("opens what is sealed here, and seals what is opened here", () => {
    const folder = mkdtempSync(join(tmpdir(), "adyton-age-"));
    try {
      const identity = join(folder, "identity");
      writeFileSync(identity, `${keys.identity.reveal()}\n`, { mode: 0o600 });
      const options = { maxBuffer: 1024 * 1024 };
      for (const size of [0, 1_024, chunk, chunk + 1]) {
        const input = ageSeal(keys.recipient, bytesOf(size));
        const opened = execFileSync("age", ["-d", "-i", identity], { ...options, input });
        assert.deepEqual(opened, bytesOf(size));
        const args = ["-r", keys.recipient, "-r", newAgeKeys().recipient];
        const file = execFileSync("age", args, { ...options, input: bytesOf(size) });
        assert.deepEqual(ageOpen(keys.identity, file), bytesOf(size));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
