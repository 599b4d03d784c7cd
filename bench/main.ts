// The figures this project holds itself to, measured as a user would meet them.
//   npm run bench [-- NAME… --peers --json --quick]
// Each bench runs in a process of its own and starts what it measures in further ones. --peers also measures other
// programs in the same run, installed on demand into the cache; --json prints one line for each figure; --quick runs
// one short round of everything, which shows that a bench works and measures little.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benches, type BenchName, isBenchName } from "./benches.ts";
import { Child } from "./child.ts";
import { barText, type Figure, holds, rounded } from "./figure.ts";
import { cacheFolder, cpuText, fdatasyncMs } from "./machine.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
  },
});

const names = Object.keys(benches).filter(isBenchName);
const unknown = positionals.filter((name) => !isBenchName(name));
if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(", ")}; there are ${names.join(", ")}`);
  process.exitCode = 64;
} else {
  const chosen = positionals.length === 0 ? names : positionals.filter(isBenchName);
  for (const name of chosen) await runBench(name);
}

async function runBench(name: BenchName): Promise<void> {
  mkdirSync(cacheFolder, { recursive: true });
  const folder = mkdtempSync(join(cacheFolder, "run-"));
  try {
    const cpu = cpuText();
    const before = fdatasyncMs(folder, values.quick ? 20 : 200);
    await using child = Child.fork("./run-bench.ts", [name]);
    const { quick, peers } = values;
    const answer = await child.ask<{ figures?: Figure[]; error?: string }>({
      quick,
      peers,
      folder,
    });
    const after = fdatasyncMs(folder, values.quick ? 20 : 200);
    const fdatasyncP50Ms = (before + after) / 2;
    if (answer.figures === undefined) {
      console.error(`${name} failed: ${answer.error}`);
      process.exitCode = 1;
    } else if (values.json) printLines(name, answer.figures, { cpu, fdatasyncP50Ms });
    else printTable(name, answer.figures, { cpu, fdatasyncP50Ms });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Machine {
  readonly cpu: string;
  readonly fdatasyncP50Ms: number;
}

function printLines(bench: string, figures: readonly Figure[], machine: Machine): void {
  const at = new Date().toISOString();
  for (const each of figures) {
    const { figure, value, unit, ratio, ratioOf, note } = each;
    const line = {
      bench,
      figure,
      value: rounded(value),
      unit,
      ratio: ratio === undefined ? null : rounded(ratio),
      ratioOf: ratioOf ?? null,
      bar: barText(each) || null,
      holds: holds(each) ?? null,
      fdatasyncP50Ms: rounded(machine.fdatasyncP50Ms),
      cpu: machine.cpu,
      node: process.version,
      at,
      note: note ?? null,
    };
    console.log(JSON.stringify(line));
  }
}

function printTable(bench: string, figures: readonly Figure[], machine: Machine): void {
  const { cpu, fdatasyncP50Ms } = machine;
  console.log(`\n${bench}  (fdatasync p50 ${rounded(fdatasyncP50Ms)} ms; ${cpu})`);
  const rows = figures.map((each) => {
    const { figure, value, unit, ratio, ratioOf, note } = each;
    const kept = holds(each);
    const times = ratio === undefined ? "" : `${rounded(ratio)}× ${ratioOf ?? ""}`;
    const verdict = kept === undefined ? "" : kept ? "holds" : "MISSED";
    return [figure, `${rounded(value)} ${unit}`, times, barText(each), verdict, note ?? ""];
  });
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of rows)
    console.log(
      `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
    );
}
