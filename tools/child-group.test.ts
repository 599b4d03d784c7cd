import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { runChild } from "./child-group.ts";

const options = { cwd: import.meta.dirname, env: process.env };
const sh = (script: string, timeoutMs = 10_000) =>
  runChild(["sh", "-c", script], timeoutMs, options);

describe("a child group", () => {
  it("answers the status and what both streams said", async () => {
    const result = await sh("echo да; echo no >&2; exit 3");
    assert.deepEqual(result, { code: 3, output: "да\nno\n", orphans: false });
  });

  it("keeps only the end of a long output", async () => {
    const { output } = await sh("yes | head -c 1000001; printf end");
    assert.equal(output.length, 1_000_000);
    assert.ok(output.endsWith("end"));
  });

  it("says that a command does not exist", async () => {
    const result = await runChild(["adyton-no-such-command"], 1000, options);
    assert.equal(result.code, 127);
    assert.match(result.output, /ENOENT/);
  });

  it("ends the child and its children at the limit", async () => {
    const result = await sh("sleep 30 & wait", 200);
    assert.deepEqual([result.code, result.orphans], [1, false]);
    assert.match(result.output, /still running after 0\.2 s/);
  });

  it("reports a child that was left behind", async () => {
    assert.equal((await sh("sleep 30 >/dev/null 2>&1 &")).orphans, true);
  });

  const skip = existsSync("/proc/self/stat") ? false : "there is no /proc";
  it("takes no ended process for one left behind", { skip }, async () => {
    // The process that leaves the group waits for nobody, as a container's first process may; the one it started
    // has ended, and stays in the group.
    const keeper =
      `const { spawn } = require("node:child_process");` +
      `const keeper = spawn("sh", ["-c", "sh -c 'exit 0' & exec setsid sleep 4"], { stdio: "ignore" });` +
      `keeper.unref();`;
    const result = await runChild([process.execPath, "-e", keeper], 10_000, options);
    assert.deepEqual(result, { code: 0, output: "", orphans: false });
  });
});
