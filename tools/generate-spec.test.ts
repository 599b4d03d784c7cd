import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse } from "yaml";
import { asyncApi } from "../packages/protocol/src/asyncapi.ts";
import { openApi } from "../packages/protocol/src/openapi.ts";

const root = join(import.meta.dirname, "..");
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

const specs = [
  {
    name: "reverse-api-spec.yaml",
    make: openApi,
    line: ["operationId: getSelf", "operationId: getOther"],
    fault: ["text: describe_self", "text: 5"],
  },
  {
    name: "reverse-api-events.yaml",
    make: asyncApi,
    line: ["x-operation: getSelf", "x-operation: getOther"],
    fault: ["#/components/messages/hello", "#/components/messages/hullo"],
  },
] as const;

for (const { name, make, line, fault } of specs)
  describe(`the published ${name}`, () => {
    const published = join(root, name);

    it("is what the contract gives", () => {
      const { status, stderr } = generate("--check");
      assert.equal(status, 0, stderr);
      assert.deepEqual(parse(readFileSync(published, "utf8")), make());
    });

    it("is written anew, byte for byte, and a stale or missing one is shown", () => {
      const file = join(folder, name);
      assert.equal(generate("--check", "--folder", folder).status, 1);
      assert.equal(generate("--folder", folder).status, 0);
      const text = readFileSync(file, "utf8");
      assert.equal(text, readFileSync(published, "utf8"));
      assert.match(text, /^# .*npm run generate/);
      const [sound, other] = line;
      writeFileSync(file, text.replace(sound, other));
      const stale = generate("--check", "--folder", folder);
      assert.equal(stale.status, 1);
      assert.match(
        stale.stderr,
        new RegExp(`stale.*\\n@@ line \\d+\\n-\\s+${other}\\n\\+\\s+${sound}\\n$`),
      );
      rmSync(file);
    });

    it("passes the linter, which finds a planted fault", () => {
      const sound = lint(published);
      assert.equal(sound.status, 0, sound.stderr);
      const file = join(folder, "faulty.yaml");
      const text = readFileSync(published, "utf8");
      const spoiled = text.replace(fault[0], fault[1]);
      assert.notEqual(spoiled, text);
      writeFileSync(file, spoiled);
      assert.equal(lint(file).status, 1);
    });
  });
