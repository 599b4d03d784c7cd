import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { secretHash } from "./app/secrets.ts";
import { NodeConfig } from "./config.ts";
import type { ModeSpec } from "./domain/modes/mode-spec.ts";
import { builtInModes, Modes } from "./domain/modes/registry.ts";
import { configHash, homeFiles, ownerTokenHash, readConfig, takeHome } from "./home.ts";
import { StartError } from "./start-error.ts";

const refused = (code: StartError["code"]) => (error: unknown) =>
  error instanceof StartError && error.code === code;

describe("the node's folder", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "adyton-home-"));
  });
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("is made for its owner alone and held by one process", async () => {
    const home = join(folder, "new");
    const lock = await takeHome(home);
    assert.equal(statSync(home).mode & 0o777, 0o700);
    await assert.rejects(takeHome(home), refused("home_locked"));
    await lock[Symbol.asyncDispose]();
    await (await takeHome(home))[Symbol.asyncDispose]();
    writeFileSync(join(folder, "file"), "");
    await assert.rejects(takeHome(join(folder, "file")), refused("home_refused"));
  });

  it("gets a token at the first start, which stays the same", async () => {
    const file = join(folder, "token");
    const first = await ownerTokenHash(file);
    assert.equal(first.made, true);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const text = readFileSync(file, "utf8");
    assert.match(text, /^adyton_[\w-]{43}\n$/);
    assert.equal(first.hash, secretHash(text.trim()));
    assert.deepEqual(await ownerTokenHash(file), { ...first, made: false });
    chmodSync(file, 0o644);
    await assert.rejects(ownerTokenHash(file), (error) => {
      assert.ok(error instanceof Error && !error.message.includes(text.trim()));
      return refused("key_refused")(error);
    });
    writeFileSync(file, "\n");
    chmodSync(file, 0o600);
    await assert.rejects(ownerTokenHash(file), refused("key_refused"));
  });

  it("has defaults without a configuration, and refuses a wrong one with every problem", async () => {
    const { config } = homeFiles(folder);
    assert.deepEqual(await readConfig(config), NodeConfig.parse({}));
    writeFileSync(config, "language: ru\nlisten:\n  port: 0\n");
    assert.equal((await readConfig(config)).language, "ru");
    writeFileSync(
      config,
      "language: de\nlisten:\n  prot: 1\nbackends:\n  - url: http://anna:geheim@host\n",
    );
    await assert.rejects(readConfig(config), (error) => {
      assert.ok(error instanceof StartError && error.code === "config_refused");
      assert.equal(error.problems.length, 3);
      for (const line of [1, 3, 5])
        assert.ok(
          error.problems.some((problem) => problem.includes(`:${line}`)),
          `line ${line}`,
        );
      assert.doesNotMatch(error.problems.join("\n"), /geheim/);
      return true;
    });
  });

  it("has a digest of its configuration that changes with it", () => {
    const own = { ...builtInModes()[0], id: "own", aliases: [], isOwn: true } as ModeSpec;
    const none = new Modes(builtInModes());
    const hash = (value: object, modes = none): string =>
      configHash(NodeConfig.parse(value), modes);
    assert.equal(hash({}), hash({ language: "auto" }));
    assert.notEqual(hash({}), hash({ language: "ru" }));
    const one = new Modes([...none.all, own]);
    const other = new Modes([...none.all, { ...own, version: "2" }]);
    assert.equal(new Set([hash({}), hash({}, one), hash({}, other)]).size, 3);
    assert.match(hash({}), /^[0-9a-f]{16}$/);
  });
});
