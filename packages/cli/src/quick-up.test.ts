import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseCommandLine, type Parsed } from "./program.ts";
import { quickUp } from "./quick-up.ts";
import { en } from "./texts/en.ts";
import { translator } from "./texts/translate.ts";

async function parsedBy(argv: readonly string[]): Promise<Parsed | undefined> {
  let parsed: Parsed | undefined;
  await parseCommandLine(argv, {
    t: translator(en),
    version: "0",
    run: (_, found) => {
      parsed = found;
      return Promise.resolve();
    },
  });
  return parsed;
}

const quick = [
  "up",
  "up --home /srv/узел --port 7861",
  "up --home=/srv/a --port=0 --json",
  "up --backend http://127.0.0.1:8080/v1 --model qwen3:8b",
  "up --backend=none",
];
const slow = [
  "up --help",
  "up extra",
  "up --prot 1",
  "up --port",
  "up --home --json",
  "up --json=1",
  "say up",
  "",
];

describe("the quick start", () => {
  for (const line of quick)
    it(`takes “${line}” as the parser does`, async () => {
      const found = quickUp(line.split(" "));
      assert.ok(found);
      assert.deepEqual({ ...found.values }, (await parsedBy(line.split(" ")))?.values);
    });
  for (const line of slow)
    it(`leaves “${line}” to the parser`, () => assert.equal(quickUp(line.split(" ")), undefined));
});
