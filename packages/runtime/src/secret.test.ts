import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { format, inspect } from "node:util";
import { Secret, secretBytesMax, SecretError } from "./secret.ts";

const folder = mkdtempSync(join(tmpdir(), "secret-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

describe("a secret", () => {
  const secret = new Secret("s3cr3t");

  it("leaves only through reveal", () => {
    assert.equal(secret.reveal(), "s3cr3t");
    const outputs = [
      String(secret),
      JSON.stringify({ secret }),
      inspect({ secret }, { showHidden: true, depth: null }),
      format("%s %o %j", secret, secret, secret),
      JSON.stringify(Object.entries(secret)),
    ];
    for (const output of outputs) assert.ok(!output.includes("s3cr3t"), output);
    assert.equal(String(secret), "[secret]");
  });

  it("compares by text", () => {
    assert.ok(secret.equals("s3cr3t"));
    assert.ok(secret.equals(new Secret("s3cr3t")));
    assert.ok(!secret.equals("s3cr3t "));
    assert.ok(!secret.equals(""));
  });
});

describe("Secret.fromFile", () => {
  const accepted: ReadonlyArray<[name: string, content: string, text: string]> = [
    ["no newline", "abc", "abc"],
    ["one newline", "abc\n", "abc"],
    ["a Windows newline", "abc\r\n", "abc"],
    ["two newlines, of which one stays", "abc\n\n", "abc\n"],
    ["Russian text", "пароль\n", "пароль"],
    ["the limit", "x".repeat(secretBytesMax), "x".repeat(secretBytesMax)],
    ["the limit and a newline", `${"x".repeat(secretBytesMax)}\n`, "x".repeat(secretBytesMax)],
  ];
  for (const [name, content, text] of accepted)
    it(`reads ${name}`, () => assert.equal(Secret.fromFile(file("good", content)).reveal(), text));

  const refused: ReadonlyArray<[name: string, path: () => string, code: SecretError["code"]]> = [
    ["an absent file", () => join(folder, "absent"), "unreadable"],
    ["a folder", () => folder, "not_a_file"],
    ["an empty file", () => file("bad", ""), "empty"],
    ["a lone newline", () => file("bad", "\n"), "empty"],
    ["one byte over the limit", () => file("bad", "x".repeat(secretBytesMax + 1)), "too_long"],
    ["a large file", () => file("bad", "x".repeat(100_000)), "too_long"],
    ["a file the group may read", () => file("bad", "abc", 0o640), "readable_by_others"],
    ["a file all may read", () => file("bad", "abc", 0o604), "readable_by_others"],
    ["bytes that are not text", () => file("bad", Uint8Array.of(0xff, 0xfe)), "not_text"],
  ];
  for (const [name, path, code] of refused)
    it(`refuses ${name}`, () =>
      assert.throws(
        () => Secret.fromFile(path()),
        (error) => {
          assert.ok(error instanceof SecretError);
          assert.equal(error.code, code);
          assert.ok(!inspect(error).includes("abc"));
          if (code === "readable_by_others") assert.match(error.message, /chmod 600/);
          return true;
        },
      ));
});
