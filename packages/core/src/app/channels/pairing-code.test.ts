import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isSameCode, newPairingCode, writtenCode } from "./pairing-code.ts";

describe("a pairing code", () => {
  it("has at least 40 bits and no letter that looks like another", () => {
    const codes = Array.from({ length: 2_000 }, newPairingCode);
    const letters = new Set(codes.join("").replaceAll("-", ""));
    assert.equal(letters.size, 31, "every letter comes, and no other");
    assert.ok(9 * Math.log2(letters.size) >= 40);
    assert.equal(new Set(codes).size, codes.length);
    for (const letter of "01OIL") assert.ok(!letters.has(letter), letter);
  });

  it("is read from exactly one code and nothing beside it", () => {
    const code = "K7M-9QX-4TR";
    for (const text of [code, "k7m-9qx-4tr", "K7M9QX4TR", " k7m 9qx 4tr\n", `/start ${code}`])
      assert.equal(writtenCode(text), code, text);
    for (const text of ["", "hello", `${code}A`, `my code: ${code}`, `${code} ${code}`])
      assert.equal(writtenCode(text), undefined, text);
    for (const text of ["K7M-9QX-4T0", "К7М-9QX-4ТR", `/help ${code}`, `${code}\nпривет`])
      assert.equal(writtenCode(text), undefined, text);
    assert.equal(writtenCode(`${code}${" ".repeat(53)}`), code, "64 units");
    assert.equal(writtenCode(`${code}${" ".repeat(54)}`), undefined, "65 units");
  });

  it("is the same only when all of it is", () => {
    assert.ok(isSameCode("K7M-9QX-4TR", "K7M-9QX-4TR"));
    assert.ok(!isSameCode("K7M-9QX-4TR", "K7M-9QX-4TT"));
    assert.ok(!isSameCode("K7M-9QX-4TR", ""));
  });
});
