import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { generateModel } from "./generated-model.ts";

// That llama.cpp loads these files, and what it says with them, is shown where the embedded model is tested.
describe("a generated model", () => {
  it("is a GGUF file of version 3, the same for the same seed", () => {
    const first = generateModel();
    assert.equal(first.toString("latin1", 0, 4), "GGUF");
    assert.equal(first.readUInt32LE(4), 3);
    assert.ok(first.equals(generateModel()));
    assert.ok(!first.equals(generateModel({ seed: 2 })));
  });

  it("is smaller with smaller weights, and ends at a multiple of 32 bytes", () => {
    for (const kind of ["random", "rambling"] as const) {
      const [whole, quarter] = [generateModel({ kind }), generateModel({ kind, weights: "q8_0" })];
      assert.ok(quarter.length < whole.length * 0.4);
      assert.equal(whole.length % 32, 0);
      assert.equal(quarter.length % 32, 0);
    }
  });

  it("refuses a width that its weights cannot have", () =>
    assert.throws(() => generateModel({ weights: "q8_0", width: 40 }), RangeError));
});
