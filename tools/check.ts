// Every check of this repository, in one command: `npm test` runs it, and so does the continuous integration.
//   node tools/check.ts [--list] [--long] [--only STEP]… [PART OF A TEST FILE'S PATH]…
// The static steps run side by side; then each test file runs in a process of its own. A step's output is shown
// only when it fails. The exit status is 0 only when every step passed and at least one test ran.
import { existsSync, globSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { killChildren, runChild } from "./child-group.ts";

interface Job {
  readonly name: string;
  readonly run: () => Promise<{ passed: boolean; output: string }>;
}

const root = join(import.meta.dirname, "..");
const bin = join(root, "node_modules", ".bin");
const jobsMax = Math.min(8, Math.max(2, availableParallelism() - 1));
// A test waits half a minute for what must come, and may wait more than once on a machine that is busy.
const testTimeoutMs = 120_000;
// Three layouts of the bot, of ten thousand messages each, on a machine that does something else too.
const longTestTimeoutMs = 7_200_000;
// A file may hold several slow tests. One that is still running after this long hangs or has left a handle open.
const testFileTimeoutMs = 180_000;
const stepTimeoutMs = 300_000;

const environment = {
  ...process.env,
  PATH: [bin, process.env["PATH"]].join(delimiter),
  REDOCLY_TELEMETRY: "off", // No check reports anything to anybody.
  // The tests start hundreds of processes and threads of the same sources; compiling them anew took half of their time.
  NODE_COMPILE_CACHE: join(root, ".cache", "compiled"),
};
const place = { cwd: root, env: environment };

function tool(name: string, command: string, ...args: string[]): Job {
  return {
    name,
    run: async () => {
      const { code, output } = await runChild([command, ...args], stepTimeoutMs, place);
      return { passed: code === 0, output };
    },
  };
}

const specs = ["reverse-api-spec.yaml", "reverse-api-events.yaml"].filter((name) =>
  existsSync(join(root, name)),
);
const steps: Job[] = [
  tool("types", "tsc", "-p", "."),
  tool("lint", "oxlint", "--deny-warnings"),
  tool("format", "oxfmt", "--check"),
  tool("dead-code", "knip", "--no-progress"),
  tool("dead-code-llama", "knip", "--no-progress", "--directory", "packages/llama"),
  tool("dead-code-speech", "knip", "--no-progress", "--directory", "packages/speech"),
];
if (existsSync(join(root, "tools/generate-spec.ts")))
  steps.push(tool("generated", process.execPath, "tools/generate-spec.ts", "--check"));
if (specs.length > 0)
  steps.push(tool("spec", "redocly", "lint", "--extends=recommended", ...specs));

const totals = { tests: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0 };

const longTest = (file: string) => file.startsWith("test/long/");

const drawsExamples = (file: string) =>
  readFileSync(join(root, file), "utf8").includes('from "fast-check"');

function testFile(file: string, fileTimeoutMs: number): Job {
  const timeout = `--test-timeout=${longTest(file) ? longTestTimeoutMs : testTimeoutMs}`;
  const before = drawsExamples(file) ? ["--import", join(root, "tools/same-examples.ts")] : [];
  const run = async () => {
    const result = await runChild(
      [process.execPath, ...before, timeout, "--test-reporter=spec", file],
      fileTimeoutMs,
      place,
    );
    const counts = { ...totals };
    for (const key of Object.keys(counts) as (keyof typeof totals)[]) {
      counts[key] = Number(new RegExp(`^ℹ ${key} (\\d+)$`, "m").exec(result.output)?.[1] ?? 0);
      totals[key] += counts[key];
    }
    const reasons: string[] = [];
    if (counts.tests === 0) reasons.push("no test of this file came to its end");
    if (result.orphans) reasons.push("it left a child process running");
    const passed = result.code === 0 && counts.fail === 0 && reasons.length === 0;
    if (!passed && counts.fail + counts.cancelled === 0) totals.fail += 1;
    return { passed, output: [result.output, ...reasons].join("\n") };
  };
  return { name: file, run };
}

function testFiles(long: boolean, wanted: readonly string[]): string[] {
  return globSync(["packages/**/*.test.ts", "{bench,tools}/*.test.ts", "test/**/*.test.ts"], {
    cwd: root,
    exclude: ["**/node_modules/**"],
  })
    .filter((file) => long || !longTest(file))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .toSorted();
}

async function runAll(jobs: readonly Job[]): Promise<boolean> {
  const waiting = [...jobs];
  let allPassed = true;
  const worker = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      console.log(`  ${job.name} …`);
      const startedAtMs = performance.now();
      const { passed, output } = await job.run();
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
      console.log(`${passed ? "✔" : "✖"} ${job.name} ${seconds} s`);
      if (!passed) console.log(output.trimEnd());
      allPassed &&= passed;
    }
  };
  await Promise.all(Array.from({ length: jobsMax }, worker));
  return allPassed;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    list: { type: "boolean", default: false },
    "file-timeout-s": { type: "string", default: String(testFileTimeoutMs / 1000) },
  },
});
const names = [...steps.map((step) => step.name), "tests"];
const unknown = values.only.filter((name) => !names.includes(name));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, () => {
    killChildren();
    process.exit(130);
  });

if (values.list) {
  console.log(names.join("\n"));
} else if (unknown.length > 0) {
  console.error(`no such step: ${unknown.join(", ")}; the steps are ${names.join(", ")}`);
  process.exitCode = 64;
} else {
  const chosen = (name: string) => values.only.length === 0 || values.only.includes(name);
  let passed = await runAll(steps.filter((step) => chosen(step.name)));
  if (chosen("tests")) {
    const timeoutMs = Number(values["file-timeout-s"]) * 1000;
    const files = testFiles(values.long, positionals);
    const jobs = files.map((file) =>
      testFile(file, longTest(file) ? longTestTimeoutMs : timeoutMs),
    );
    passed = (await runAll(jobs)) && passed;
    for (const [name, count] of Object.entries(totals)) console.log(`ℹ ${name} ${count}`);
    if (totals.tests === 0) console.error("✖ no test ran");
    passed &&= totals.tests > 0;
  }
  console.log(passed ? "✔ every check passed" : "✖ a check failed");
  process.exitCode = passed ? 0 : 1;
}
