import assert from "node:assert/strict";
import { describe, it } from "node:test";

import type { JsonObject, JsonValue } from "./json.ts";
import { schemaValue, type LeafChoices } from "./schema-value.ts";

const choices: LeafChoices = {
  text: () => "text",
  pick: (values) => values[0] ?? null,
  flag: () => true,
  number: () => 7.6,
};

describe("a value for a schema", () => {
  const cases: readonly [string, JsonObject, JsonValue][] = [
    ["a text", { type: "string" }, "text"],
    ["a longest text", { type: "string", maxLength: 2 }, "te"],
    ["a shortest text", { type: "string", minLength: 6 }, "text.."],
    ["an enum", { enum: ["a", "b"] }, "a"],
    ["a const", { const: { fixed: 1 } }, { fixed: 1 }],
    ["an integer in bounds", { type: "integer", maximum: 5 }, 5],
    ["a number", { type: "number", minimum: 9.5 }, 9.5],
    ["a nullable boolean", { type: ["boolean", "null"] }, true],
    ["a list", { type: "array", items: { type: "null" }, minItems: 2 }, [null, null]],
    ["an empty list", { type: "array", maxItems: 0 }, []],
    ["a union", { anyOf: [{ type: "null" }, { type: "string" }] }, null],
    ["a join", { allOf: [{ type: "object" }, { properties: { a: { const: 1 } } }] }, { a: 1 }],
    ["an object", { properties: { a: {}, b: { type: "boolean" } } }, { a: "text", b: true }],
    ["a reference", { $ref: "#/$defs/leaf~1x", $defs: { "leaf/x": { type: "boolean" } } }, true],
    ["a date", { type: "string", format: "date" }, "2026-01-01"],
  ];
  for (const [name, schema, expected] of cases)
    it(`fits ${name}`, () => assert.deepEqual(schemaValue(schema, choices), expected));

  it("ends for a schema that holds itself", () => {
    const schema = { type: "object", properties: { next: { $ref: "#" } } };
    const depth = JSON.stringify(schemaValue(schema, choices)).split("next").length;
    assert.ok(depth > 2 && depth < 20);
  });
});
