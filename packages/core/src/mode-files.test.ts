import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { NodeConfig } from "./config.ts";
import { resultsMax } from "./domain/search/search-contract.ts";
import {
  modeAliasesMax,
  modePromptCharsMax,
  modeSourcesMax,
  modeSummaryCharsMax,
} from "./mode-file.ts";
import { ownModesMax, readOwnModes } from "./mode-files.ts";

const config = NodeConfig.parse({});

/** Reads a folder of these files. */
async function read(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "adyton-modes-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return await readOwnModes(folder, config);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const summary = { en: "Mends a text.", ru: "Правит текст." };
const good = { id: "editor", version: "1", base: "direct", summary };
// Every JSON text is a YAML text.
const file = (value: object): string => JSON.stringify(value);

describe("a file of a mode", () => {
  it("is read whole, in the owner's words", async () => {
    const { modes, problems } = await read({
      "editor.yaml": `# An editor.
id: Editor
version: "2"
aliases: [Mend]
base: recursia
summary: {en: Mends a text., ru: Правит текст.}
prompt: |
  Исправь ошибки.
answer_tokens: 400
retrieval: {k: 3, sources: [style/]}
budget: {calls: 3, wall_seconds: 20}
output: {type: object, properties: {text: {type: string}}, required: [text]}
min_tier: member
`,
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(modes, [
      {
        id: "Editor",
        version: "2",
        aliases: ["mend"],
        controller: "recursia",
        isOwn: true,
        minTier: "member",
        budget: { calls: 3, tokens: 12_000, wallMs: 20_000 },
        retrieval: { k: 3, sources: ["style/"] },
        prompt: "Исправь ошибки.",
        answerTokensMax: 400,
        clientTools: true,
        output: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
        summary,
      },
    ]);
  });

  it("is one of a folder that need not be there", async () => {
    const none = { modes: [], problems: [] };
    assert.deepEqual(await readOwnModes(join(tmpdir(), "adyton-no-such-folder"), config), none);
    assert.deepEqual(await read({ "notes.txt": "x", ".hidden.yaml": "x" }), none);
    const { modes } = await read({ "b.yml": file({ ...good, id: "b" }), "a.yaml": file(good) });
    assert.deepEqual(
      modes.map(({ id }) => id),
      ["editor", "b"],
    );
  });

  it("tells every fault with its file, line and path, and then no mode holds", async () => {
    const { modes, problems } = await read({
      "a.yaml": file(good),
      "b.yaml": "id: b\nversion: 1\nbase: dierct\nsumary: {}\n",
      "c.yaml": `${file({ ...good, id: "c" }).slice(0, -1)},\n "temperature": 9}`,
    });
    assert.deepEqual(modes, []);
    const told = problems.map(({ file: name, line, path }) => [name.slice(-6), line, path]);
    assert.deepEqual(told, [
      ["b.yaml", 1, "summary"],
      ["b.yaml", 2, "version"],
      ["b.yaml", 3, "base"],
      ["b.yaml", 4, "sumary"],
      ["c.yaml", 2, "temperature"],
    ]);
    assert.match(problems.find(({ path }) => path === "sumary")?.message ?? "", /"summary"/);
  });

  it("takes no name that stands for a mode already, in any case", async () => {
    const { problems } = await read({
      "a.yaml": file({ ...good, id: "a", aliases: ["X", "x"] }),
      "b.yaml": file({ ...good, id: "Recursia" }),
      "c.yaml": file({ ...good, id: "c", aliases: ["ok", "QUOTES"] }),
      "d.yaml": file({ ...good, id: "d" }),
      "e.yaml": file({ ...good, id: "e", aliases: ["D"] }),
      "f.yaml": file({ ...good, id: "command" }),
    });
    assert.deepEqual(
      problems.map(({ file: name, path, message }) => [name.slice(-6), path, message.slice(-12)]),
      [
        ["a.yaml", "aliases[1]", "of this file"],
        ["b.yaml", "id", " of the node"],
        ["c.yaml", "aliases[1]", " of the node"],
        ["e.yaml", "aliases[0]", "de of d.yaml"],
        ["f.yaml", "id", " of the node"],
      ],
    );
  });

  it("is one of so many", async () => {
    const many = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `m${index}.yaml`,
          file({ ...good, id: `m${index}` }),
        ]),
      );
    assert.equal((await read(many(ownModesMax))).modes.length, ownModesMax);
    const over = await read(many(ownModesMax + 1));
    assert.deepEqual([over.modes.length, over.problems.length], [0, 1]);
    assert.match(over.problems[0]?.message ?? "", /over 64 modes/);
  });

  it("is told of where the folder cannot be read", async () => {
    const folder = mkdtempSync(join(tmpdir(), "adyton-modes-"));
    writeFileSync(join(folder, "modes"), "no folder");
    mkdirSync(join(folder, "inner", "x.yaml"), { recursive: true });
    for (const name of ["modes", "inner"]) {
      const { problems } = await readOwnModes(join(folder, name), config);
      assert.equal(problems.length, 1, name);
    }
    rmSync(folder, { recursive: true });
  });
});

describe("a mode's fields", () => {
  const many = (count: number): string[] => Array.from({ length: count }, (_, n) => `a${n}`);
  const rag = { ...good, base: "rag" };
  const recursia = { ...good, base: "recursia" };
  const shaped = (output: unknown) => ({ ...good, output });
  const cases: ReadonlyArray<readonly [name: string, value: object, path?: string]> = [
    ["a name", { ...good, id: "x".repeat(64) }],
    ["a long name", { ...good, id: "x".repeat(65) }, "id"],
    ["a name in Cyrillic", { ...good, id: "режим" }, "id"],
    ["aliases", { ...good, aliases: many(modeAliasesMax) }],
    ["an alias too many", { ...good, aliases: many(modeAliasesMax + 1) }, "aliases"],
    ["a summary", { ...good, summary: { en: "x".repeat(modeSummaryCharsMax), ru: "я" } }],
    [
      "a long summary",
      { ...good, summary: { en: "x", ru: "я".repeat(modeSummaryCharsMax + 1) } },
      "summary.ru",
    ],
    ["a summary in one language", { ...good, summary: { en: "x" } }, "summary.ru"],
    ["a prompt", { ...good, prompt: "я".repeat(modePromptCharsMax) }],
    ["a long prompt", { ...good, prompt: "я".repeat(modePromptCharsMax + 1) }, "prompt"],
    ["an empty prompt", { ...good, prompt: " " }, "prompt"],
    ["a temperature", { ...good, temperature: 2 }],
    ["a hot one", { ...good, temperature: 2.1 }, "temperature"],
    ["a temperature of what has its own", { ...recursia, temperature: 1 }, "temperature"],
    ["a nucleus", { ...good, top_p: 0.1 }],
    ["no nucleus", { ...good, top_p: 0 }, "top_p"],
    ["passages", { ...rag, retrieval: { k: resultsMax } }],
    ["a passage too many", { ...rag, retrieval: { k: resultsMax + 1 } }, "retrieval.k"],
    ["passages for nobody", { ...good, retrieval: { k: 1 } }, "retrieval"],
    ["sources", { ...rag, retrieval: { sources: many(modeSourcesMax) } }],
    [
      "a source too many",
      { ...rag, retrieval: { sources: many(modeSourcesMax + 1) } },
      "retrieval.sources",
    ],
    ["64 calls", { ...recursia, budget: { calls: 64 } }],
    ["65 calls", { ...recursia, budget: { calls: 65 } }, "budget.calls"],
    ["2 calls from memory", { ...rag, budget: { calls: 2 } }],
    ["3 calls from memory", { ...rag, budget: { calls: 3 } }, "budget.calls"],
    ["calls of one call", { ...good, budget: { calls: 1 } }, "budget.calls"],
    ["tokens of one call", { ...good, budget: { tokens: 500 } }, "budget.tokens"],
    ["an hour", { ...good, budget: { wall_seconds: 3_600 } }],
    ["more", { ...good, budget: { wall_seconds: 3_601 } }, "budget.wall_seconds"],
    ["no tools", { ...good, tools: false }],
    ["tools where none are shown", { ...rag, tools: true }, "tools"],
    ["a form", shaped({ type: ["object", "null"], properties: { a: { enum: [1] } } })],
    ["a form of cited text", { ...rag, output: {} }, "output"],
    ["no form", shaped("object"), "output"],
    ["an unknown type", shaped({ type: "date" }), "output.type"],
    [
      "a demand nobody checks",
      shaped({ properties: { a: { type: "string", minLength: 2 } } }),
      "output.properties.a.minLength",
    ],
    ["a tier", { ...good, min_tier: "owner" }],
    ["a tier that nobody has to beat", { ...good, min_tier: "external" }, "min_tier"],
    ["an unknown key", { ...good, colour: 1 }, "colour"],
  ];
  for (const [name, value, path] of cases)
    it(`${path === undefined ? "take" : "refuse"} ${name}`, async () => {
      const { modes, problems } = await read({ "a.yaml": file(value) });
      assert.deepEqual(
        [modes.length, problems.map((problem) => problem.path)],
        path === undefined ? [1, []] : [0, [path]],
        JSON.stringify(problems),
      );
    });
});
