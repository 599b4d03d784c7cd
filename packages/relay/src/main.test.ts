import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";

const main = join(import.meta.dirname, "main.ts");
const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(process.execPath, [main, ...args], {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C", ...env },
  });

/** A file of the owner's alone, which does for the token and for the key. */
const own = join(mkdtempSync(join(tmpdir(), "adyton-relay-")), "secret");
const secrets = (file: string) => ["--token-file", file, "--link-key-file", file];

before(() => writeFileSync(own, "s".repeat(64), { mode: 0o600 }));
after(() => rmSync(dirname(own), { recursive: true }));

describe("adyton-relay", () => {
  it("shows its help in both languages", () => {
    assert.match(run(["--help"]).stdout, /Forwards TLS/);
    assert.match(run(["-h"], { LC_ALL: "ru_RU.UTF-8" }).stdout, /Передаёт/);
  });

  const target = ["--target", "0=api.telegram.org"];
  const bot = ["bot", "--listen", "127.0.0.1:0", ...secrets(own), "--time-port", "0"];
  const refused: readonly [args: string[], status: number, words: RegExp][] = [
    [[], 64, /say what to run/],
    [["both"], 64, /say what to run/],
    [["blind", "bot"], 64, /say what to run/],
    [["blind", ...target], 64, /--listen/],
    [["blind", "--listen", "127.0.0.1"], 64, /--target/],
    [["blind", "--listen", "127.0.0.1", "--target", "x"], 64, /no target/],
    [["blind", "--listen", "127.0.0.1", ...target, "--range", "x"], 64, /no range/],
    [["blind", "--listen", "127.0.0.1", ...target, "--connections", "0"], 64, /--connections/],
    [["blind", "--wrong"], 64, /--wrong/],
    [["blind", "--listen", "8.8.8.8", ...target], 69, /not an address of a tunnel/],
    [["blind", "--token-file", "x"], 64, /--token-file does not belong to blind/],
    [["bot", "--target", "x"], 64, /--target does not belong to bot/],
    [["bot", "--listen", "127.0.0.1"], 64, /and a port/],
    [["bot", "--listen", "127.0.0.1:65536"], 64, /and a port/],
    [["bot", "--listen", "127.0.0.1:0"], 64, /--token-file/],
    [["bot", "--listen", "127.0.0.1:0", "--token-file", "x"], 64, /--link-key-file/],
    [["bot", "--listen", "127.0.0.1:0", "--api-root", "http://a.org"], 64, /https/],
    [["bot", "--listen", "127.0.0.1:0", ...secrets("/none")], 69, /cannot be opened/],
    [["bot", "--listen", "8.8.8.8:0", ...secrets(own)], 69, /not an address of a tunnel/],
    [["blind", "--spool", "x"], 64, /--spool does not belong to blind/],
    [
      ["blind", "--listen", "127.0.0.1", ...target, "--time-port", "1"],
      64,
      /needs --link-key-file/,
    ],
    [[...bot, "--time-port", "65536"], 64, /--time-port is 0 to 65535/],
    [[...bot, "--spool-days", "7"], 64, /--spool-days needs --spool/],
    [[...bot, "--spool", "x", "--spool-days", "0"], 64, /--spool-days is 1 to 60/],
    [[...bot, "--spool", "x", "--spool-days", "61"], 64, /--spool-days is 1 to 60/],
    [[...bot, "--spool", "x", "--spool-records", "1e3"], 64, /--spool-records is 1 to 50000/],
    [[...bot, "--spool", "x", "--spool-records", "50001"], 64, /--spool-records is 1 to 50000/],
    [[...bot, "--usage", "x"], 64, /--usage-for/],
    [[...bot, "--usage-for", "x"], 64, /--usage names/],
    [[...bot, "--usage", dirname(own), "--usage-for", "age1x"], 69, /cannot be sealed to age1x/],
  ];
  for (const [args, status, words] of refused)
    it(`refuses ${args.join(" ") || "nothing"}`, () => {
      const ended = run(args);
      assert.equal(ended.status, status);
      assert.match(ended.stderr, words);
    });

  it("says where it waits for the node, and ends when it is told", async () => {
    const child = spawn(process.execPath, [main, ...bot], { stdio: ["ignore", "ignore", "pipe"] });
    // Both lines may come at once.
    const lines = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
    const line = (await lines.next()).value;
    assert.match(String(line), /^waiting for the node at=127\.0\.0\.1 port=\d+ api=api\.telegram/);
    const next = (await lines.next()).value;
    assert.match(String(next), /^telling the time at=127\.0\.0\.1 port=\d+$/);
    child.kill("SIGTERM");
    const [code] = await once(child, "exit");
    assert.equal(code, 0);
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
