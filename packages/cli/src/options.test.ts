import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Failure } from "./failure.ts";
import { Options } from "./options.ts";
import { en } from "./texts/en.ts";
import { translator } from "./texts/translate.ts";

describe("an option that takes a whole number", () => {
  const read = (text: string) =>
    new Options({ port: text }, translator(en)).whole("port", { min: 1, max: 65_535 });
  for (const [text, value] of [
    ["1", 1],
    ["65535", 65_535],
    ["007", 7],
  ] as const)
    it(`takes ${text}`, () => assert.equal(read(text), value));
  for (const text of ["0", "65536", "-1", "1.5", "1e3", "0x10", "", " 1", "ten", "9".repeat(40)])
    it(`refuses ${JSON.stringify(text)}`, () =>
      assert.throws(
        () => read(text),
        (error) =>
          error instanceof Failure && error.code === "usage" && /1 to 65535/.test(error.message),
      ));
  it("may be left out", () =>
    assert.equal(new Options({}, translator(en)).whole("port", { min: 1, max: 2 }), undefined));
});
