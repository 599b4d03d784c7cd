import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { canonicalJson, chainedHash } from "./line-chain.ts";

describe("canonical JSON", () => {
  for (const [value, text] of [
    [{ b: 1, a: [true, null, "я\n"] }, '{"a":[true,null,"я\\n"],"b":1}'],
    [{ a: undefined, c: {}, b: [] }, '{"b":[],"c":{}}'],
    [-0.5, "-0.5"],
    ["", '""'],
  ] as const)
    it(`of ${text}`, () => assert.equal(canonicalJson(value), text));

  it("is JSON of the same value, whatever order the keys came in", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        assert.equal(canonicalJson(JSON.parse(text)), text);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe("a chained hash", () => {
  it("depends on the item and on what came before", () => {
    const first = chainedHash("", { a: 1 });
    assert.equal(first, chainedHash("", { a: 1 }));
    assert.notEqual(first, chainedHash("", { a: 2 }));
    assert.notEqual(chainedHash(first, "x"), chainedHash(chainedHash("", { a: 2 }), "x"));
  });
});
