import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import * as z from "zod";
import * as protocol from "./index.ts";

// vectors/*.jsonl hold samples that any implementation of the contract, in any language, can be tested with.

const Vector = z.strictObject({
  schema: z.string(),
  valid: z.boolean(),
  value: z.unknown(),
  why: z.string().min(1),
});

/** The schemas the contract exports, by name. `Self` has no sample by hand: it is generated. */
const schemas = new Map(
  Object.entries<unknown>(protocol).filter(
    (entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType && entry[0] !== "Self",
  ),
);

const folder = join(import.meta.dirname, "..", "vectors");
const files = globSync("*.jsonl", { cwd: folder });
const vectors = files.flatMap((file) =>
  readFileSync(join(folder, file), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => ({ family: basename(file, ".jsonl"), ...Vector.parse(JSON.parse(line)) })),
);

for (const family of new Set(vectors.map((vector) => vector.family)))
  describe(`samples of ${family}`, () => {
    for (const { schema, valid, value, why } of vectors.filter((one) => one.family === family))
      it(`${schema}: ${valid ? "accepts" : "refuses"} ${why}`, () => {
        const parsed = schemas.get(schema)?.safeParse(value);
        assert.ok(parsed, `there is no schema ${schema}`);
        assert.equal(parsed.success, valid, parsed.error?.message);
      });
  });

describe("the samples", () => {
  it("have a valid and an invalid one for each schema of the contract", () => {
    assert.ok(schemas.size > 20);
    for (const schema of schemas.keys())
      for (const valid of [true, false])
        assert.ok(
          vectors.some((vector) => vector.schema === schema && vector.valid === valid),
          `${schema} has no ${valid ? "valid" : "invalid"} sample`,
        );
  });

  it("give each schema's samples one reason each", () => {
    const reasons = vectors.map(({ schema, why }) => `${schema}: ${why}`);
    assert.equal(new Set(reasons).size, reasons.length);
  });
});
