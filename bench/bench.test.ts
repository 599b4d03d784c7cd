import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { promisify } from "node:util";
import { execFile } from "node:child_process";
import { atLeast, atMost, barText, holds, percentile } from "./figure.ts";

const main = join(import.meta.dirname, "main.ts");
const run = promisify(execFile);

const lineKeys = [
  "at",
  "bar",
  "bench",
  "cpu",
  "fdatasyncP50Ms",
  "figure",
  "holds",
  "node",
  "note",
  "ratio",
  "ratioOf",
  "unit",
  "value",
];

it("prints one line of JSON for each figure", async () => {
  const { stdout } = await run(process.execPath, [main, "--quick", "--json", "journal"]);
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines.length, 4);
  for (const text of lines) {
    const line = JSON.parse(text) as Record<string, unknown>;
    assert.deepEqual(Object.keys(line).toSorted(), lineKeys);
    assert.equal(line["bench"], "journal");
    assert.ok(typeof line["value"] === "number" && line["value"] > 0, text);
    assert.ok(typeof line["fdatasyncP50Ms"] === "number" && line["fdatasyncP50Ms"] > 0, text);
  }
});

it("refuses a bench that does not exist, and names those that do", async () => {
  await assert.rejects(run(process.execPath, [main, "nothing"]), (error) => {
    assert.ok(error instanceof Error && "code" in error && "stderr" in error);
    assert.equal(error.code, 64);
    assert.match(String(error.stderr), /nothing.*turn/s);
    return true;
  });
});

const figure = { figure: "any", value: 10, unit: "ms" } as const;
const cases = [
  ["at an upper bar", { ...figure, bar: atMost(10) }, true, "≤ 10 ms"],
  ["over an upper bar", { ...figure, bar: atMost(9.9) }, false, "≤ 9.9 ms"],
  ["at a lower bar", { ...figure, bar: atLeast(10) }, true, "≥ 10 ms"],
  ["under a lower bar", { ...figure, bar: atLeast(10.1) }, false, "≥ 10.1 ms"],
  [
    "a ratio under its lower bar, whatever the value",
    { ...figure, ratio: 1.9, bar: atLeast(2, "ratio") },
    false,
    "≥ 2×",
  ],
  ["a ratio at its upper bar", { ...figure, ratio: 1, bar: atMost(1, "ratio") }, true, "≤ 1×"],
  ["a ratio that was not measured", { ...figure, bar: atMost(1, "ratio") }, undefined, "≤ 1×"],
  ["no bar", figure, undefined, ""],
] as const;
for (const [name, value, expected, text] of cases)
  it(`judges ${name}`, () => {
    assert.equal(holds(value), expected);
    assert.equal(barText(value), text);
  });

it("takes percentiles of unsorted values", () => {
  const values = [5, 1, 4, 2, 3];
  assert.equal(percentile(values, 0), 1);
  assert.equal(percentile(values, 0.5), 3);
  assert.equal(percentile(values, 0.99), 5);
  assert.ok(Number.isNaN(percentile([], 0.5)));
});
