// Writes reverse-api-spec.yaml and reverse-api-events.yaml from the contract, or with --check says whether they are what
// the contract gives. --folder PATH takes other copies of them.
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { asyncApi } from "../packages/protocol/src/asyncapi.ts";
import { openApi } from "../packages/protocol/src/openapi.ts";

const root = join(import.meta.dirname, "..");
const shownLinesMax = 20;

const specs = [
  {
    file: "reverse-api-spec.yaml",
    title: "The Reverse API of Adyton (OpenAPI 3.1)",
    make: openApi,
  },
  {
    file: "reverse-api-events.yaml",
    title: "The messages on Adyton's sockets (AsyncAPI 3.0)",
    make: asyncApi,
  },
] as const;

const { values } = parseArgs({
  options: { check: { type: "boolean", default: false }, folder: { type: "string" } },
});

for (const { file, title, make } of specs) {
  const path = join(values.folder ?? root, file);
  const wanted = specText(title, make());
  if (!values.check) writeFileSync(path, wanted);
  else check(path, wanted);
}

function check(path: string, wanted: string): void {
  const found = read(path);
  if (found === wanted) return;
  console.error(`${relative(root, path)} is stale: run \`npm run generate\`.`);
  for (const line of difference(found, wanted)) console.error(line);
  process.exitCode = 1;
}

function specText(title: string, spec: object): string {
  const head =
    `# ${title}. Generated from packages/protocol by \`npm run generate\`: change the\n` +
    "# tables there, not this file.\n";
  return (
    head + stringify(spec, { aliasDuplicateObjects: false, blockQuote: "literal", lineWidth: 0 })
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
