import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { text, textOrNull, texts, whole } from "./row.ts";

describe("row", () => {
  it("reads what the schema promises", () => {
    const row = { name: "котёл", none: null, count: 3, list: '["a","б"]' };
    assert.equal(text(row, "name"), "котёл");
    assert.equal(textOrNull(row, "none"), null);
    assert.equal(whole(row, "count"), 3);
    assert.deepEqual(texts(row, "list"), ["a", "б"]);
  });
  const cases: ReadonlyArray<[name: string, read: () => unknown]> = [
    ["a number for a text", () => text({ a: 1 }, "a")],
    ["a missing column", () => textOrNull({}, "a")],
    ["a fraction", () => whole({ a: 1.5 }, "a")],
    ["a text for a number", () => whole({ a: "1" }, "a")],
    ["an object for a list", () => texts({ a: "{}" }, "a")],
    ["a number in a list", () => texts({ a: "[1]" }, "a")],
  ];
  for (const [name, read] of cases)
    it(`refuses ${name}`, () => assert.throws(read, { name: "SearchError", code: "storage" }));
});
