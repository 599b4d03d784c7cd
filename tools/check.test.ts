import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";

// The check runs as a copy in a folder of planted test files.
let place: string;

before(() => {
  place = fs.mkdtempSync(join(tmpdir(), "adyton-check-"));
  fs.mkdirSync(join(place, "tools"));
  fs.mkdirSync(join(place, "test", "long"), { recursive: true });
  for (const name of ["check.ts", "child-group.ts"])
    fs.copyFileSync(join(import.meta.dirname, name), join(place, "tools", name));
  fs.writeFileSync(join(place, "package.json"), '{ "type": "module" }');
  const head = 'import { it } from "node:test";\n';
  const spawnSleep = (stdio: string, detached: boolean) =>
    `import { spawn } from "node:child_process";\n${head}` +
    `it("spawns", () => { spawn("sleep", ["30"], { stdio: "${stdio}", detached: ${detached} }).unref(); });\n`;
  const planted = {
    "good.test.ts": `${head}it("один", () => {});\nit("two", () => {});\n`,
    "bad.test.ts": `${head}it("is wrong", () => { throw new Error("planted"); });\n`,
    "pid.test.ts":
      `${head}import { writeFileSync } from "node:fs";\n` +
      `it("waits", () => { writeFileSync("pid", String(process.pid)); setInterval(() => {}, 1000); });\n`,
    "open.test.ts": `${head}it("opens", () => { setInterval(() => {}, 1000); });\n`,
    "examples.test.ts":
      `${head}// import fc from "fast-check";\n` +
      `it("draws", () => { if (globalThis.planted !== 1) throw new Error("draws anew"); });\n`,
    "empty.test.ts": "export {};\n",
    "orphan.test.ts": spawnSleep("ignore", false),
    "pipe-holder.test.ts": spawnSleep("inherit", true).replace("30", "5"),
    "long/slow.test.ts": `${head}it("slow", () => {});\n`,
  };
  fs.writeFileSync(join(place, "tools", "same-examples.ts"), "globalThis.planted = 1;\n");
  for (const [name, text] of Object.entries(planted))
    fs.writeFileSync(join(place, "test", name), text);
});
after(() => fs.rmSync(place, { recursive: true, force: true }));

function start(...args: string[]) {
  // A test's own environment tells a nested runner to speak to its parent instead of printing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return spawn(process.execPath, [join(place, "tools", "check.ts"), ...args], { env });
}

async function check(...args: string[]): Promise<{ status: number | null; output: string }> {
  const child = start(...args);
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, output };
}

// An ended process that nobody waited for still answers signals; where there is a /proc it shows.
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s*Z/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH" && !fs.existsSync("/proc/self/status");
  }
}

describe("the check", () => {
  const cases: [name: string, args: string[], status: number, output: RegExp][] = [
    ["counts what passed", ["good"], 0, /ℹ tests 2\nℹ pass 2\nℹ fail 0\n[^]*✔ every check passed/],
    ["shows a failure and keeps its count", ["good", "bad"], 1, /planted[^]*ℹ pass 2\nℹ fail 1\n/],
    ["ends a file that leaves a handle open", ["open", "--file-timeout-s=1"], 1, /left a handle/],
    ["has tests draw the same examples", ["examples"], 0, /ℹ pass 1\n/],
    ["refuses a file without tests", ["empty"], 1, /no test of this file/],
    ["refuses a forgotten child process", ["orphan"], 1, /left a child process running/],
    ["refuses one that left its group", ["pipe-holder"], 1, /left a child process running/],
    ["refuses a run of no tests", ["no-such-file"], 1, /no test ran/],
    ["leaves the long tests out", ["slow"], 1, /no test ran/],
    ["runs the long tests when asked", ["slow", "--long"], 0, /ℹ pass 1\n/],
  ];
  for (const [name, args, status, output] of cases)
    it(name, async () => {
      const result = await check("--only", "tests", ...args);
      assert.match(result.output, output);
      assert.equal(result.status, status, result.output);
    });

  it("ends the running tests when it is interrupted", async () => {
    const child = start("--only", "tests", "pid");
    const ended = once(child, "exit");
    const file = join(place, "pid");
    while (!fs.existsSync(file) || fs.readFileSync(file, "utf8") === "") await delay(10);
    const pid = Number(fs.readFileSync(file, "utf8"));
    assert.equal(isRunning(pid), true);
    child.kill("SIGINT");
    assert.deepEqual(await ended, [130, null]);
    while (isRunning(pid)) await delay(10);
  });

  it("fails when a tool is missing", async () => {
    const result = await check("--only", "types");
    assert.equal(result.status, 1, result.output);
    assert.match(result.output, /✖ types/);
  });

  it("refuses a step that does not exist, and lists those that do", async () => {
    const refused = await check("--only", "tset");
    assert.equal(refused.status, 64);
    const listed = await check("--list");
    assert.equal(listed.status, 0);
    assert.deepEqual(
      listed.output.trim().split("\n"),
      "types lint format dead-code dead-code-llama dead-code-speech tests".split(" "),
    );
  });
});
