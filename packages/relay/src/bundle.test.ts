import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { botFlags, flags, writeBundle } from "./bundle.ts";

describe("the relay's bundle", () => {
  let folder: string;
  let files: readonly string[];
  const path = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
  const runIn = (PATH: string, ...args: string[]) =>
    spawnSync(join(folder, "adyton-relay"), args, {
      encoding: "utf8",
      env: { PATH, LC_ALL: "C" },
    });
  const run = (...args: string[]) => runIn(path, ...args);
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "adyton-bundle-"));
    files = writeBundle(folder);
  });
  after(() => rmSync(folder, { recursive: true }));

  it("needs no package but those in it", () => {
    for (const name of files.filter((each) => each.endsWith(".js")))
      assert.doesNotMatch(readFileSync(join(folder, name), "utf8"), /\.ts"|"@adyton|"zod/, name);
    assert.deepEqual(globSync("**/*.ts", { cwd: folder }), []);
    assert.deepEqual(
      files.filter((name) => name.startsWith("node_modules")),
      ["node_modules/ws"],
    );
    assert.ok(files.includes("bot/bot-relay.js") && !files.some((name) => /test/.test(name)));
  });

  it("runs with Node alone", () => {
    const shown = run("--help");
    assert.match(shown.stdout, /Forwards TLS/);
    assert.equal(shown.status, 0);
  });

  it("has the bot interpreted and cleared, and what only passes bytes on compiled, but not optimized", () => {
    const shown = join(folder, "shown");
    mkdirSync(shown);
    writeFileSync(join(shown, "node"), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    for (const [layout, wanted] of [
      ["bot", botFlags],
      ["blind", flags],
    ] as const) {
      const { stdout } = spawnSync(join(folder, "adyton-relay"), [layout, "--listen", "a b"], {
        encoding: "utf8",
        env: { PATH: [shown, path].join(delimiter) },
      });
      assert.equal(
        stdout,
        `${[...wanted, join(folder, "main.js"), layout].join(" ")} --listen a b\n`,
      );
    }
    for (const [wanted, each] of [
      [botFlags, "--lite-mode"],
      [botFlags, "--gc-global"],
      [flags, "--max-opt=1"],
    ] as const)
      for (const given of [botFlags, flags]) assert.equal(given.includes(each), given === wanted);
  });

  it("says which Node it needs where there is none or an older one", () => {
    const bin = mkdtempSync(join(folder, "bin-"));
    for (const [node, status] of [
      ["exit 1", 69],
      ["exit 0", 0],
    ] as const) {
      writeFileSync(join(bin, "node"), `#!/bin/sh\n${node}\n`, { mode: 0o755 });
      const shown = runIn([bin, path].join(delimiter), "--help");
      assert.equal(shown.status, status, shown.stderr);
      assert.equal(/Node 24\.15 or newer/.test(shown.stderr), status !== 0);
    }
  });

  it("loads what the layout `bot` needs", () => {
    writeFileSync(join(folder, "key"), "k".repeat(64), { mode: 0o600 });
    const secrets = ["--token-file", join(folder, "none"), "--link-key-file", join(folder, "key")];
    const refused = run("bot", "--listen", "127.0.0.1:0", ...secrets);
    assert.equal(refused.status, 69, refused.stderr);
    assert.match(refused.stderr, /none cannot be opened/);
  });
});
