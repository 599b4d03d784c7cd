import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { differingSigns, product, scaled, signBits } from "./vectors.ts";

const vectors = fc
  .array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 1, maxLength: 100 })
  .map((values) => Float32Array.from(values));

describe("vectors", () => {
  it("are scaled to length 1, except nothing", () => {
    assert.deepEqual(
      [...scaled(Float32Array.of(3, 4))].map((value) => value.toFixed(3)),
      ["0.600", "0.800"],
    );
    assert.deepEqual([...scaled(Float32Array.of(0, 0))], [0, 0]);
  });

  it("differ in as many signs as one counts one by one", () => {
    fc.assert(
      fc.property(vectors, vectors, fc.nat(5), (left, long, before) => {
        const right = Float32Array.from(left, (_, index) => long[index % long.length] ?? 0);
        const bits = signBits(right);
        const all = new Uint32Array(before + bits.length);
        all.set(bits, before);
        const differing = left.filter(
          (value, index) => value > 0 !== (right[index] ?? 0) > 0,
        ).length;
        assert.equal(differingSigns(signBits(left), all, before), differing);
      }),
    );
  });

  it("have the product that their cosine is", () => {
    const left = scaled(Float32Array.of(1, 1));
    assert.ok(Math.abs(product(left, scaled(Float32Array.of(1, 0))) - Math.SQRT1_2) < 1e-6);
    assert.ok(Math.abs(product(left, left) - 1) < 1e-6);
  });
});
