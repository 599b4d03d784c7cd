import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { rules, tidy } from "./tidy.ts";
import { blankText, importsOf } from "./tidy/source-text.ts";
import { readTree, tidyFile, Tree } from "./tidy/tree.ts";
import { processorMs } from "../packages/core/test/processor-time.ts";

const root = join(import.meta.dirname, "..");
const timeMsMax = 3000;

// A small repository without an offence; a case adds or replaces files.
const clean: Readonly<Record<string, string>> = {
  "package.json":
    '{\n  "packageManager": "pnpm@1.2.3",\n  "devDependencies": {\n    "fast-check": "4.0.0"\n  }\n}\n',
  "CHANGELOG.md": "# Changes\n\n## Unreleased\n",
  "docs/adr/0002-dependencies.md": "| `zod` | 4.0.0 | MIT |\n| `fast-check` | 4.0.0 | MIT |\n",
  adyton: "#!/bin/sh\npnpm=1.2.3\n",
};
for (const name of ["protocol", "runtime", "core", "cli", "emulators"]) {
  const manifest = {
    name: `@adyton/${name}`,
    exports: { ".": "./src/index.ts" },
    dependencies: name === "emulators" ? {} : { zod: "4.0.0" },
  };
  Object.assign(clean, {
    [`packages/${name}/package.json`]: `${JSON.stringify(manifest, null, 1)}\n`,
    [`packages/${name}/src/index.ts`]: "export {};\n",
  });
}

function plant(files: Readonly<Record<string, string>>): Tree {
  const all = Object.entries({ ...clean, ...files });
  return new Tree(all.map(([path, text]) => tidyFile(path, Buffer.from(text))));
}

// Parts of words, so that this file is no offence itself.
const note = ["TO", "DO"].join("");
const machinePath = ["", "work", "main"].join("/");
const packageHost = ["https:/", "registry.example.org", "zod"].join("/");
const absentPaper = ["DESIGN", "md"].join(".");

type Case = [rule: string, path: string, line: number, text: string, more?: Record<string, string>];

const core = "packages/core/src/";
const cases: readonly Case[] = [
  ["packageLayers", "packages/protocol/src/index.ts", 2, 'export {};\nimport "node:fs";\n'],
  ["packageLayers", "packages/protocol/src/index.ts", 1, 'import "@adyton/runtime";\n'],
  ["packageLayers", "packages/runtime/src/index.ts", 1, 'import "@adyton/core";\n'],
  ["packageLayers", "packages/runtime/src/index.ts", 1, 'import "hono";\n'],
  ["packageLayers", `${core}index.ts`, 1, 'await import("@adyton/cli");\n'],
  ["packageLayers", `${core}index.ts`, 1, 'import { T } from "@adyton/emulators";\n'],
  ["packageLayers", `${core}index.ts`, 1, 'import { DatabaseSync } from "node:sqlite";\n'],
  ["packageLayers", "packages/cli/src/index.ts", 1, 'import type { X } from "node:sqlite";\n'],
  ["packageLayers", "packages/emulators/src/index.ts", 1, 'import { z } from "zod";\n'],
  ["packageLayers", "packages/emulators/src/index.ts", 1, 'export * from "@adyton/protocol";\n'],
  ["coreRings", `${core}domain/turn.ts`, 2, '// Pure.\nimport { now } from "node:fs";\n'],
  [
    "coreRings",
    `${core}domain/turn.ts`,
    1,
    'import "../ports/clock.ts";\n',
    { [`${core}ports/clock.ts`]: "" },
  ],
  [
    "coreRings",
    `${core}app/say.ts`,
    1,
    'import "../adapters/http/server.ts";\n',
    { [`${core}adapters/http/server.ts`]: "" },
  ],
  ["coreRings", `${core}adapters/http/a.ts`, 1, 'import "../../index.ts";\n'],
  [
    "coreRings",
    `${core}adapters/http/a.ts`,
    1,
    'import "../sqlite/b.ts";\n',
    { [`${core}adapters/sqlite/b.ts`]: "" },
  ],
  ["channelExits", `${core}adapters/telegram/a.ts`, 1, "api.sendDocument(1);\n"],
  ["channelExits", `${core}app/a.ts`, 2, "const api = x;\nawait api\n  .editMessageText(1);\n"],
  ["channelExits", `${core}app/a.ts`, 1, "bot.api.raw.sendMessage({});\n"],
  ["channelExits", `${core}app/channels/outbox.ts`, 1, "CheckedText.check(said, find);\n"],
  ["relativeImports", `${core}index.ts`, 1, 'import "./turn";\n'],
  ["relativeImports", `${core}index.ts`, 1, 'import "./turn.js";\n'],
  ["relativeImports", `${core}index.ts`, 1, 'import "./absent.ts";\n'],
  ["relativeImports", `${core}index.ts`, 1, 'import "../../runtime/src/index.ts";\n'],
  ["relativeImports", "tools/a.ts", 1, 'import "../packages/core/src/gone.ts";\n'],
  [
    "undeclaredDependencies",
    `${core}index.ts`,
    2,
    'export {};\nimport { Hono } from "hono/tiny";\n',
  ],
  ["undeclaredDependencies", `${core}index.ts`, 1, 'import "fast-check";\n'],
  ["undeclaredDependencies", `${core}turn.test.ts`, 1, 'import "@scope/name/x";\n'],
  ["undeclaredDependencies", "tools/a.ts", 1, 'import "fs";\n'],
  ["deadFiles", `${core}lost.ts`, 1, "export {};\n"],
  ["deadFiles", "packages/core/package.json", 1, '{ "exports": { ".": "./src/gone.ts" } }\n'],
  ["pinnedVersions", "packages/core/package.json", 2, '{ "dependencies": {\n"zod": "^4.0.0" } }\n'],
  ["pinnedVersions", "packages/core/package.json", 2, '{ "dependencies": {\n"zod": "4.0.1" } }\n'],
  [
    "pinnedVersions",
    "packages/core/package.json",
    1,
    '{ "dependencies": { "@adyton/cli": "0.1.0" } }\n',
  ],
  ["recordedDependencies", "package.json", 2, '{ "devDependencies": {\n"knip": "1.0.0" } }\n'],
  [
    "recordedDependencies",
    "docs/adr/0002-dependencies.md",
    1,
    "| `zod` | 3.0.0 | MIT |\n| `fast-check` | 4.0.0 | MIT |\n",
  ],
  [
    "recordedDependencies",
    "docs/adr/0002-dependencies.md",
    3,
    `${clean["docs/adr/0002-dependencies.md"]}| \`hono\` | 4.0.0 | MIT |\n`,
  ],
  ["installer", "adyton", 2, "#!/bin/sh\npnpm=1.2.4\n"],
  ["fileLength", `${core}index.ts`, 401, "//\n".repeat(401)],
  ["emptyNames", `${core}utils/turn.test.ts`, 1, "export {};\n"],
  ["emptyNames", `${core}turn-manager.test.ts`, 1, "export {};\n"],
  ["fileNames", `${core}turnQueue.test.ts`, 1, "export {};\n"],
  ["syntax", `${core}index.ts`, 2, "\nexport default 1;\n"],
  ["syntax", `${core}index.ts`, 1, "export { a as default };\n"],
  ["syntax", `${core}index.ts`, 1, "export const enum Mode { A }\n"],
  ["syntax", `${core}index.ts`, 1, "namespace Inner { }\n"],
  [
    "syntax",
    `${core}index.ts`,
    2,
    "class A {\n  constructor(private readonly name: string) {}\n}\n",
  ],
  ["syntax", `${core}index.ts`, 1, "@sealed\nexport class A {}\n"],
  ["processUse", `${core}index.ts`, 1, 'export const home = process.env["HOME"];\n'],
  ["processUse", `${core}index.ts`, 2, "\nprocess.exit(1);\n"],
  ["processUse", `${core}index.ts`, 1, 'console.log("x");\n'],
  ["leftovers", "README.md", 2, `# A\n${note}: write this\n`],
  ["leftovers", `${core}a.test.ts`, 1, 'it.only("x", () => {});\n'],
  ["leftovers", `${core}a.test.ts`, 1, 'it("x", { only: true }, () => {});\n'],
  ["leftovers", `${core}a.test.ts`, 1, 'describe.skip("x", () => {});\n'],
  ["leftovers", `${core}a.test.ts`, 1, 'it("x", { skip: true }, () => {});\n'],
  ["leftovers", `${core}a.test.ts`, 1, "t.skip();\n"],
  [
    "docComments",
    "packages/runtime/src/index.ts",
    2,
    "// Not a doc comment.\nexport function a(): void {}\n",
  ],
  ["docComments", "packages/protocol/src/index.ts", 1, "export const a = (x: number) => x;\n"],
  ["blobs", "docs/picture.png", 1, "\0".repeat(256 * 1024 + 1)],
  ["blobs", "reverse-api-spec.yaml", 1, "#\n".repeat(512 * 1024 + 1)],
  ["whitespace", "README.md", 2, "# A\nhello \n"],
  ["whitespace", "README.md", 1, "a\tb\n"],
  ["whitespace", "README.md", 1, "a\r\nb\n"],
  ["whitespace", "README.md", 1, "no end"],
  ["whitespace", "README.md", 2, "й\nи\u0306\n"],
  ["elsewhere", `${core}index.ts`, 1, `// ${machinePath}\n`],
  ["elsewhere", "README.md", 1, `${packageHost}\n`],
  ["elsewhere", "README.md", 1, `See ${absentPaper}.\n`],
  ["links", "README.md", 2, "# A\n[map](ARCHITECTURE.md)\n"],
  ["links", "docs/guide/ru.md", 1, "[выше](../нет.md#раздел)\n"],
  ["links", "README.md", 1, "[map]: docs/gone.md\n"],
  ["changelog", "CHANGELOG.md", 1, "# Changes\n\n## 1.0.0\n"],
];

// What looks like an offence and is none.
const innocent: Readonly<Record<string, Record<string, string>>> = {
  "layers in tests": { [`${core}a.test.ts`]: 'import "fast-check";\nimport "node:sqlite";\n' },
  "the database in its adapter": {
    [`${core}adapters/sqlite/a.test.ts`]: 'import "./journal.ts";\n',
    [`${core}adapters/sqlite/journal.ts`]: 'import { DatabaseSync } from "node:sqlite";\n',
  },
  "outer rings importing inner ones": {
    [`${core}index.ts`]: 'import "./adapters/http/server.ts";\n',
    [`${core}adapters/http/server.ts`]: 'import "../../app/say.ts";\nimport "./route.ts";\n',
    [`${core}adapters/http/route.ts`]: 'import "../../ports/clock.ts";\nimport "node:http";\n',
    [`${core}app/say.ts`]: 'import "../domain/turn.ts";\nimport "../ports/clock.ts";\n',
    [`${core}ports/clock.ts`]: 'import "../domain/turn.ts";\n',
    [`${core}domain/turn.ts`]: 'import { z } from "zod";\n',
  },
  "a worker named by URL": {
    [`${core}index.ts`]: 'new Worker(new URL("./a.worker.ts", import.meta.url));\n',
    [`${core}a.worker.ts`]: "export {};\n",
  },
  "words in strings and comments": {
    [`${core}index.ts`]:
      '// console.log(process.env)\nexport const a = "export default process.exit(1)";\n',
  },
  "documented functions, overloads and plain values": {
    "packages/runtime/src/index.ts":
      "/** A. */\nexport function a(x: number): void;\nexport function a(x: string): void;\n" +
      "export const names = [1].map((x) => x);\nfunction hidden(): void {}\n",
  },
  "a file at the limit of lines": { [`${core}index.ts`]: "//\n".repeat(400) },
  "a blob at the limit": { "docs/picture.png": "\0".repeat(256 * 1024) },
  "a specification at its limit": { "reverse-api-spec.yaml": "#\n".repeat(512 * 1024) },
  "a skip with its reason": {
    [`${core}a.test.ts`]: 'it("x", { skip: "needs root" }, () => {});\n',
  },
  "links that lead somewhere": {
    "README.md":
      "[a](docs/adr/) [b](CHANGELOG.md#unreleased) [c](https://x.org/y) [d](#here)\n\n```\n[x](no.md)\n```\n",
  },
  "environment and exit where they belong": {
    "packages/cli/src/index.ts": "process.exit(Number(process.env['X']));\n",
    "packages/runtime/src/index.ts": 'import "./config-file.ts";\n',
    "packages/runtime/src/config-file.ts":
      "/** A. */\nexport function a() { return process.env; }\n",
  },
};

describe("the repository", () => {
  it("keeps the house rules, and the look takes under three seconds", () => {
    const tookMs = processorMs(() => {
      const tree = readTree(root);
      const offences = tidy(tree).map((o) => `${o.path}:${o.line} ${o.rule}: ${o.message}\n`);
      if (offences.length > 0) assert.fail(`${offences.length} offences:\n${offences.join("")}`);
      assert.ok(tree.sources.length > 20, "the sources were read");
    });
    assert.ok(tookMs < timeMsMax, `${tookMs} ms`);
  });
});

describe("a planted offence", () => {
  it("is the only one in the planted tree", () => assert.deepEqual(tidy(plant({})), []));

  for (const [rule, path, line, text, more] of cases)
    it(`against ${rule} is found: ${path}: ${JSON.stringify(text.slice(0, 60))}`, () => {
      const found = tidy(plant({ ...more, [path]: text })).filter((each) => each.rule === rule);
      assert.deepEqual(
        found.map((each) => [each.path, each.line]).slice(0, 1),
        [[path, line]],
        JSON.stringify(found),
      );
    });

  it("exists for every rule", () => {
    const planted = new Set(cases.map(([rule]) => rule));
    assert.deepEqual(Object.keys(rules).toSorted(), [...planted].toSorted());
  });
});

describe("no offence", () => {
  for (const [name, files] of Object.entries(innocent))
    it(name, () => assert.deepEqual(tidy(plant(files)), []));
});

describe("the scanner", () => {
  const blanked: [text: string, code: string][] = [
    ['a("b") // c', 'a(" ")     '],
    ["/* a\n b */ c", "    \n      c"],
    ["`a${b(`c${d}e`)}f`", "`  {b(`  {d} `)} `"],
    ["`${{ a: 1 }.a}` + b", "` {{ a: 1 }.a}` + b"],
    ["x = /[\"'/]/g; y", "x = /     /g; y"],
    ["a / b / c", "a / b / c"],
    ['"\\"//" + a', '"    " + a'],
    ["#!/usr/bin/env node\na", "                   \na"],
  ];
  for (const [text, code] of blanked)
    it(`blanks ${JSON.stringify(text)}`, () => assert.equal(blankText(text), code));

  it("finds every way to import, with its line", () => {
    const text =
      'import a from "a";\nimport "b";\nexport * from "c";\nimport type {\n  D,\n} from "d";\n' +
      'await import("e");\nnew URL("./f.ts", import.meta.url);\nnew URL("k.ts", import.meta.url);\n' +
      'new URL("g");\nBuffer.from("h");\n// import "i";\nconst s = \'import "j"\';\n';
    assert.deepEqual(
      importsOf(text, blankText(text)).map(({ specifier, line }) => `${specifier}:${line}`),
      ["a:1", "b:2", "c:3", "d:6", "e:7", "./f.ts:8", "./k.ts:9"],
    );
  });
});
