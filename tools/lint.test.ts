import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";

// A linter that checks nothing is green too: this plants one offence for each rule that the design leans on.
const root = join(import.meta.dirname, "..");

type Case = [rule: string, path: string, text: string];

const core = "packages/core/src";
const imports = "no-restricted-imports";
const planted: readonly Case[] = [
  [imports, "packages/protocol/src/a.ts", 'import "node:fs";'],
  [imports, "packages/protocol/src/b.ts", 'import "@adyton/runtime";'],
  [imports, "packages/runtime/src/a.ts", 'import "@adyton/core";'],
  [imports, "packages/emulators/src/a.ts", 'import { z } from "zod";\nexport const a = z;'],
  [imports, "packages/emulators/src/b.ts", 'import "@adyton/protocol";'],
  [imports, "packages/cli/src/a.ts", 'import "node:sqlite";'],
  [imports, `${core}/a.ts`, 'import "@adyton/emulators";'],
  [imports, `${core}/b.ts`, 'import "node:sqlite";'],
  [imports, `${core}/adapters/http/a.ts`, 'import "node:sqlite";'],
  [imports, `${core}/adapters/sqlite/a.ts`, 'import "@adyton/cli";'],
  [imports, `${core}/app/a.ts`, 'import "../adapters/http/a.ts";'],
  [imports, `${core}/app/b.ts`, 'import "@adyton/cli";'],
  [imports, `${core}/app/c.ts`, 'import "node:sqlite";'],
  [imports, `${core}/domain/a.ts`, 'import "node:fs";'],
  [imports, `${core}/domain/b.ts`, 'import "../app/a.ts";'],
  [imports, `${core}/domain/c.ts`, 'import "../ports/clock.ts";'],
  [imports, `${core}/domain/d.ts`, 'import "@adyton/emulators";'],
  ["no-restricted-globals", `${core}/domain/e.ts`, "export const a = Date.now();"],
  ["no-restricted-globals", `${core}/domain/f.ts`, 'export const a = fetch("x");'],
  ["no-restricted-globals", `${core}/domain/g.ts`, "export const a = process.pid;"],
  [
    "no-cycle",
    `${core}/ring-a.ts`,
    'import type { B } from "./ring-b.ts";\nexport type A = B | 1;',
  ],
  ["no-default-export", `${core}/default.ts`, "export default 1;"],
  ["filename-case", `${core}/camelCase.ts`, "export {};"],
  ["no-console", `${core}/console.ts`, 'console.log("x");'],
  ["no-console", `${core}/console.test.ts`, 'console.log("x");'],
  ["max-lines", `${core}/long.ts`, "export {};\n".repeat(401)],
  [
    "no-floating-promises",
    `${core}/floating.ts`,
    'import { readFile } from "node:fs/promises";\nreadFile("x");',
  ],
  [
    "no-floating-promises",
    `${core}/floating-map.ts`,
    "export function run(m: Map<string, () => Promise<void>>): void {\n  m.get('a')?.();\n}",
  ],
  [
    "no-misused-promises",
    `${core}/misused.ts`,
    "[1].forEach(async () => {\n  await Promise.resolve();\n});",
  ],
  [
    "return-await",
    `${core}/return.ts`,
    "export async function a(p: Promise<void>): Promise<void> {\n  try {\n    return p;\n  } finally {\n    await p;\n  }\n}",
  ],
  ["only-throw-error", `${core}/throw.ts`, 'export function a(): never {\n  throw "x";\n}'],
  [
    "restrict-template-expressions",
    `${core}/template.ts`,
    "export const a = (secret: { reveal(): string }) => `${secret}`;",
  ],
  [
    "switch-exhaustiveness-check",
    `${core}/switch.ts`,
    'export function a(m: "x" | "y"): void {\n  switch (m) {\n    case "x":\n      break;\n  }\n}',
  ],
  ["no-explicit-any", `${core}/any.ts`, "export function a(_x: any): void {}"],
  ["no-unsafe-assignment", `${core}/json.ts`, 'export const a: string = JSON.parse("1");'],
  ["no-non-null-assertion", `${core}/bang.ts`, "export const a = (x: string | null) => x!;"],
  [
    "consistent-type-imports",
    `${core}/type.ts`,
    'import { Stats } from "node:fs";\nexport type A = Stats;',
  ],
  ["eqeqeq", `${core}/equal.ts`, "export const a = (x: number, y: number) => x == y;"],
  [
    "no-param-reassign",
    `${core}/reassign.ts`,
    "export function a(x: number): number {\n  x = 2;\n  return x;\n}",
  ],
];
const innocent: Readonly<Record<string, string>> = {
  [`${core}/ring-b.ts`]: 'export type { A as B } from "./ring-a.ts";',
  [`${core}/ports/clock.ts`]:
    'import type { Turn } from "../domain/turn.ts";\nexport type Clock = () => Turn;',
  [`${core}/domain/turn.ts`]: "export type Turn = number;",
  [`${core}/domain/turn.test.ts`]:
    'import { it } from "node:test";\nit("is now", () => void Date.now());',
  [`${core}/adapters/sqlite/open.ts`]:
    'import { DatabaseSync } from "node:sqlite";\nexport const open = () => new DatabaseSync(":memory:");',
  "packages/runtime/src/clock.ts": "export const nowMs = () => Date.now();",
  "packages/cli/src/print.ts": 'console.log("hello");',
};

let place: string;
let found: ReadonlyMap<string, readonly { code: string }[]>;

before(() => {
  place = fs.mkdtempSync(join(tmpdir(), "adyton-lint-"));
  for (const name of [".oxlintrc.json", "tsconfig.json"])
    fs.copyFileSync(join(root, name), join(place, name));
  // The typed rules walk what is not ignored.
  fs.writeFileSync(join(place, ".gitignore"), "node_modules\n");
  fs.symlinkSync(join(root, "node_modules"), join(place, "node_modules"));
  const files = [
    ...planted.map(([, path, text]) => [path, text] as const),
    ...Object.entries(innocent),
  ];
  for (const [path, text] of files) {
    fs.mkdirSync(join(place, dirname(path)), { recursive: true });
    fs.writeFileSync(join(place, path), `${text}\n`);
  }
  const oxlint = join(root, "node_modules", ".bin", "oxlint");
  const { stdout, stderr } = spawnSync(oxlint, ["--format", "json"], {
    cwd: place,
    encoding: "utf8",
  });
  assert.equal(stderr, "");
  const report = JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] };
  found = Map.groupBy(report.diagnostics, ({ filename }) => filename);
});
after(() => fs.rmSync(place, { recursive: true, force: true }));

describe("the linter finds", () => {
  for (const [rule, path, text] of planted)
    it(`${rule} in ${path}: ${text.slice(0, 50).replaceAll("\n", " ")}`, () => {
      const codes = found.get(path)?.map(({ code }) => code) ?? [];
      assert.ok(
        codes.some((code) => code.endsWith(`(${rule})`)),
        `found only ${codes.join(", ")}`,
      );
    });
});

describe("the linter leaves alone", () => {
  for (const path of Object.keys(innocent).filter((each) => !each.endsWith("ring-b.ts")))
    it(path, () => assert.deepEqual(found.get(path) ?? [], []));
});
