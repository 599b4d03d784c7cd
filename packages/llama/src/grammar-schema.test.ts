import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { grammarSchema, schemaDepthMax } from "./grammar-schema.ts";
import { RequestError } from "./request-error.ts";

const nested = (levels: number): unknown =>
  levels === 0 ? { type: "string" } : { type: "array", items: nested(levels - 1) };

describe("a schema for a grammar", () => {
  const kept: ReadonlyArray<readonly [name: string, schema: unknown, grammar: unknown]> = [
    ["what is the same in both", { type: "integer" }, { type: "integer" }],
    ["alternatives", { anyOf: [{ const: 1 }, true] }, { oneOf: [{ const: 1 }, {}] }],
    [
      "a list of types",
      { type: ["string", "null"], maxLength: 3 },
      {
        oneOf: [
          { type: "string", maxLength: 3, $defs: undefined },
          { type: "null", maxLength: 3, $defs: undefined },
        ],
      },
    ],
    [
      "what is inside",
      { type: "object", properties: { а: { anyOf: [{ type: "null" }] } } },
      { type: "object", properties: { а: { oneOf: [{ type: "null" }] } } },
    ],
    [
      "references",
      { $ref: "#/$defs/a", $defs: { a: { type: "null" } } },
      { $ref: "#/$defs/a", $defs: { a: { type: "null" } } },
    ],
  ];
  for (const [name, schema, grammar] of kept)
    it(`keeps ${name}`, () => assert.deepEqual(grammarSchema(schema), grammar));

  it(`goes ${schemaDepthMax} levels deep`, () =>
    assert.deepEqual(grammarSchema(nested(schemaDepthMax)), nested(schemaDepthMax)));

  const refused: ReadonlyArray<readonly [name: string, schema: unknown]> = [
    ["a text", "string"],
    ["nothing", false],
    ["a type of its own", { type: "nonsense" }],
    ["all of several", { allOf: [] }],
    ["a reference to elsewhere", { $ref: "https://example.org/schema" }],
    ["a level more", nested(schemaDepthMax + 1)],
    ["a fault inside", { type: "array", items: { type: "x" } }],
  ];
  for (const [name, schema] of refused)
    it(`refuses ${name}`, () => assert.throws(() => grammarSchema(schema), RequestError));
});
