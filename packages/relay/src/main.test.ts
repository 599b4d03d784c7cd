import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";

const main = join(import.meta.dirname, "main.ts");
const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C", ...env },
  });

describe("adyton-relay", () => {
  it("shows its help in both languages", () => {
    assert.match(run(["--help"]).stdout, /Forwards TLS/);
    assert.match(run(["-h"], { LC_ALL: "ru_RU.UTF-8" }).stdout, /Передаёт/);
  });

  const target = ["--target", "0=api.telegram.org"];
  const refused: readonly [args: string[], status: number, words: RegExp][] = [
    [[], 64, /say what to run/],
    [["bot"], 64, /say what to run/],
    [["blind", ...target], 64, /--listen/],
    [["blind", "--listen", "127.0.0.1"], 64, /--target/],
    [["blind", "--listen", "127.0.0.1", "--target", "x"], 64, /no target/],
    [["blind", "--listen", "127.0.0.1", ...target, "--range", "x"], 64, /no range/],
    [["blind", "--listen", "127.0.0.1", ...target, "--connections", "0"], 64, /--connections/],
    [["blind", "--wrong"], 64, /--wrong/],
    [["blind", "--listen", "8.8.8.8", ...target], 69, /not an address of a tunnel/],
  ];
  for (const [args, status, words] of refused)
    it(`refuses ${args.join(" ") || "nothing"}`, () => {
      const ended = run(args);
      assert.equal(ended.status, status);
      assert.match(ended.stderr, words);
    });

  it("says where it forwards to, and ends when it is told", async () => {
    const args = [main, "blind", "--listen", "127.0.0.1", ...target];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
    const [line] = await once(createInterface({ input: child.stderr }), "line");
    assert.match(String(line), /^forwarding from=127\.0\.0\.1 port=\d+ host=api\.telegram\.org$/);
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    assert.equal(code, 0);
  });
});
