import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { coresListed, threadsFor } from "./threads.ts";

describe("threads", () => {
  const cases: ReadonlyArray<
    readonly [wanted: number | undefined, cores: number, threads: number]
  > = [
    [undefined, 1, 1],
    [undefined, 2, 1],
    [undefined, 8, 7],
    [4, 8, 4],
    [7, 8, 7],
    [8, 8, 7],
    [64, 2, 1],
  ];
  for (const [wanted, cores, threads] of cases)
    it(`are ${threads} on ${cores} cores where ${wanted ?? "nothing"} is wanted`, () =>
      assert.equal(threadsFor(wanted, cores), threads));

  it("are counted by cores and not by what shares one", () => {
    const block = (physical: number, core: number) =>
      `processor\t: 0\nphysical id\t: ${physical}\ncore id\t\t: ${core}\nflags\t\t: fpu`;
    const text = [block(0, 0), block(0, 0), block(0, 1), block(1, 0)].join("\n\n");
    assert.equal(coresListed(text), 3);
    assert.equal(coresListed("processor\t: 0\nBogoMIPS\t: 48.00\n"), undefined);
  });
});
