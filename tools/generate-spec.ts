// Writes reverse-api-spec.yaml from the contract, or with --check says whether it is what the contract gives.
// --file PATH takes another file.
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { openApi } from "../packages/protocol/src/openapi.ts";

const root = join(import.meta.dirname, "..");
const shownLinesMax = 20;

const { values } = parseArgs({
  options: { check: { type: "boolean", default: false }, file: { type: "string" } },
});
const path = values.file ?? join(root, "reverse-api-spec.yaml");
const wanted = specText();

if (!values.check) writeFileSync(path, wanted);
else {
  const found = read(path);
  if (found !== wanted) {
    console.error(`${relative(root, path)} is stale: run \`npm run generate\`.`);
    for (const line of difference(found, wanted)) console.error(line);
    process.exitCode = 1;
  }
}

function specText(): string {
  const head =
    "# The Reverse API of Adyton (OpenAPI 3.1). Generated from packages/protocol by `npm run generate`: change the\n" +
    "# tables there, not this file.\n";
  return (
    head +
    stringify(openApi(), { aliasDuplicateObjects: false, blockQuote: "literal", lineWidth: 0 })
  );
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // A file that is missing is as stale as an empty one.
  }
}

/** The lines between the first and the last that differ, the old ones and then the new ones. */
function difference(found: string, expected: string): string[] {
  const old = found.split("\n");
  const now = expected.split("\n");
  let start = 0;
  while (start < old.length && old[start] === now[start]) start++;
  let end = 0;
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end))
    end++;
  const lines = [
    `@@ line ${start + 1}`,
    ...old.slice(start, old.length - end).map((line) => `-${line}`),
    ...now.slice(start, now.length - end).map((line) => `+${line}`),
  ];
  return lines.length <= shownLinesMax ? lines : [...lines.slice(0, shownLinesMax), "…"];
}
