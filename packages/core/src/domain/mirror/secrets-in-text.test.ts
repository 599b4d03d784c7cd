import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type SecretForm, secretsIn } from "./secrets-in-text.ts";
import { processorMs } from "../../../test/processor-time.ts";

const isOwn = (word: string): boolean => word === "correct-horse-battery-staple";

describe("secrets in a text", () => {
  const table: readonly [string, readonly SecretForm[]][] = [
    ["The key is correct-horse-battery-staple.", ["own"]],
    ["The key is incorrect-horse-battery-staple", []],
    ["ключ «correct-horse-battery-staple», не потеряй", ["own"]],
    ["AKIAIOSFODNN7EXAMPLE", ["issued"]],
    ["token ghp_0123456789abcdefghijABCDEFGHIJ012345 here", ["issued"]],
    [`adyton_${"aB3".repeat(14)}x`, ["issued"]],
    ["бот 123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1", ["issued"]],
    ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w", ["jwt"]],
    ["-----BEGIN OPENSSH PRIVATE KEY-----", ["private_key"]],
    ["postgres://ann:s3cretpw@db/x", ["url_password"]],
    ["Пароль: q7Zt2Lm9Xw4Rv8Kp", ["named"]],
    ['"api_key": "q7Zt2Lm9Xw4Rv8Kp"', ["named"]],
    ["password: q7Zt2Lm9Xw4Rv8Kp, token=Zx81kQm27LpVb93T", ["named", "named"]],
    ["password: ghp_0123456789abcdefghijABCDEFGHIJ012345", ["issued"]],
    ["I forgot my password: what now? Забыл пароль: что делать?", []],
    ["password: aaaaaaaaaaaa1111", []],
    ["the token is valid until 2026-11-21T05:00:00Z", []],
    ["ключ: подойдите-к-администратору", []],
    ["sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", []],
    ["https://example.com/a:b@c", []],
    ["Хорошо.", []],
  ];
  for (const [text, expected] of table)
    it(`${JSON.stringify(text.slice(0, 40))}: ${expected.join(", ") || "none"}`, () =>
      assert.deepEqual(secretsIn(text, isOwn), expected));

  it("are looked for in a time that grows no faster than the text", () => {
    for (const piece of ["password:", "-----BEGIN ", "a://b:", "eyJ.", "key is "]) {
      const text = piece.repeat(Math.ceil(200_000 / piece.length));
      const ms = processorMs(() => void secretsIn(text, isOwn));
      assert.ok(ms < 2_000, `${JSON.stringify(piece)}: ${ms} ms`);
    }
  });
});
