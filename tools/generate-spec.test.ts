import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { openApi } from "../packages/protocol/src/openapi.ts";

const root = join(import.meta.dirname, "..");
const published = join(root, "reverse-api-spec.yaml");
let folder: string;
before(() => (folder = mkdtempSync(join(tmpdir(), "spec-"))));
after(() => rmSync(folder, { recursive: true }));

function generate(...args: string[]) {
  const script = join(root, "tools/generate-spec.ts");
  return spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
}

function lint(file: string) {
  return spawnSync(join(root, "node_modules/.bin/redocly"), ["lint", file], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
  });
}

describe("the published specification", () => {
  it("is what the contract gives", () => {
    const { status, stderr } = generate("--check");
    assert.equal(status, 0, stderr);
    assert.deepEqual(parse(readFileSync(published, "utf8")), openApi());
  });

  it("is written anew, byte for byte, and a stale or missing one is shown", () => {
    const file = join(folder, "spec.yaml");
    const missing = generate("--check", "--file", file);
    assert.equal(missing.status, 1);
    assert.equal(generate("--file", file).status, 0);
    const text = readFileSync(file, "utf8");
    assert.equal(text, readFileSync(published, "utf8"));
    assert.match(text, /^# .*\n.*npm run generate|^# .*npm run generate/);
    writeFileSync(file, text.replace("operationId: getSelf", "operationId: getOther"));
    const stale = generate("--check", "--file", file);
    assert.equal(stale.status, 1);
    assert.match(
      stale.stderr,
      /stale.*\n@@ line \d+\n-\s+operationId: getOther\n\+\s+operationId: getSelf\n$/,
    );
  });

  it("passes the linter, which finds a planted fault", () => {
    const sound = lint(published);
    assert.equal(sound.status, 0, sound.stderr);
    const file = join(folder, "faulty.yaml");
    copyFileSync(published, file);
    const text = readFileSync(file, "utf8");
    const spoiled = text.replace("text: describe_self", "text: 5");
    assert.notEqual(spoiled, text);
    writeFileSync(file, spoiled);
    assert.equal(lint(file).status, 1);
  });
});
