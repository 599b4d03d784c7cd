import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { NodeConfig, NodeConfigFields } from "@adyton/core/config";
import { readOwnModes } from "@adyton/core/mode-files";
import { readConfigFile } from "@adyton/runtime/config-file";
import { en } from "./en.ts";
import { ru } from "./ru.ts";
import { translator, type TextKey } from "./translate.ts";

const keys = Object.keys(en) as TextKey[];
const placeholders = (text: string) =>
  [...text.matchAll(/\{(\w+)\}/g)].map(([all]) => all).toSorted();

describe("the texts", () => {
  it("have the same keys in both languages", () => {
    assert.ok(keys.length > 250);
    assert.deepEqual(Object.keys(ru).toSorted(), keys.toSorted());
  });

  it("have the same placeholders and columns in both languages", () => {
    for (const key of keys) {
      assert.deepEqual(placeholders(ru[key]), placeholders(en[key]), key);
      if (key.endsWith(".columns"))
        assert.equal(ru[key].split("|").length, en[key].split("|").length, key);
    }
  });

  it("are Russian where they are said to be", () => {
    const latin = keys.filter((key) => !/\p{Script=Cyrillic}/u.test(ru[key]));
    // Commands and names are the same in every language.
    for (const key of latin)
      assert.match(
        key,
        /^(?:program\.name$|example\.|doctor\.(?:node|locale_cure)$|journal\.working$|token\.columns$)/,
      );
    for (const key of keys)
      if (!key.startsWith("template.")) assert.doesNotMatch(en[key], /\p{Script=Cyrillic}/u, key);
  });

  it("put values in place and leave an unknown placeholder to be seen", () => {
    const t = translator(ru);
    assert.equal(t("usage.unknown_option", { name: "--x" }), "Нет такого ключа: --x.");
    assert.equal(t("usage.unknown_option"), "Нет такого ключа: {name}.");
  });

  for (const [language, texts] of Object.entries({ en, ru }))
    describe(`the ${language} configuration template`, () => {
      const parse = (text: string) => {
        const folder = mkdtempSync(join(tmpdir(), "adyton-template-"));
        try {
          writeFileSync(join(folder, "adyton.yaml"), text);
          return readConfigFile(join(folder, "adyton.yaml"), NodeConfig);
        } finally {
          rmSync(folder, { recursive: true });
        }
      };
      const template = texts["template.config"];
      const defaults = NodeConfig.parse({});

      it("changes nothing as it is", () =>
        assert.deepEqual(parse(template), { kind: "ok", value: defaults, source: "file" }));

      it("states exactly the defaults behind its marks", () => {
        const on = template.replaceAll(/^#(?=[a-z]|  )/gm, "");
        assert.deepEqual(parse(on), { kind: "ok", value: defaults, source: "file" });
        assert.deepEqual(leaves(parsedYaml(on)).toSorted(), leaves(defaults).toSorted());
      });

      it("holds every key, with examples that are accepted", () => {
        const on = template.replaceAll(/^#(?!:).*\n/gm, "").replaceAll(/^#: ?/gm, "");
        const outcome = parse(on);
        assert.equal(outcome.kind, "ok");
        const named = new Set(
          [...template.matchAll(/^#:?\s*(?:- )?([a-z_]+):/gm)].map((found) => found[1]),
        );
        for (const key of schemaKeys()) assert.ok(named.has(key), key);
      });
    });
});

for (const [language, texts] of Object.entries({ en, ru }))
  describe(`the ${language} template of a mode`, () => {
    const template = translator(texts)("template.mode", { name: "editor" });
    const read = async (text: string) => {
      const folder = mkdtempSync(join(tmpdir(), "adyton-template-"));
      try {
        writeFileSync(join(folder, "editor.yaml"), text);
        return await readOwnModes(folder, NodeConfig.parse({}));
      } finally {
        rmSync(folder, { recursive: true });
      }
    };

    it("is a mode as it is, and the same with its defaults written out", async () => {
      const asItIs = await read(template);
      assert.deepEqual([asItIs.problems, asItIs.modes[0]?.id], [[], "editor"]);
      const on = template.replaceAll(/^#(?=[a-z])/gm, "");
      assert.deepEqual(await read(on), asItIs);
    });

    it("holds every key, with examples that are accepted where they have a use", async () => {
      const on = template.replaceAll(/^#: ?/gm, "");
      const useless: string[] = [];
      for (const base of ["direct", "rag", "recursia"]) {
        const { problems } = await read(on.replace("base: direct", `base: ${base}`));
        for (const { path, message } of problems)
          useless.push(message.startsWith("has no effect") ? `${base} ${path}` : message);
      }
      assert.deepEqual(useless.toSorted(), [
        "direct budget.calls",
        "direct budget.tokens",
        "direct retrieval",
        "rag output",
        "rag temperature",
        "rag top_p",
        "recursia temperature",
        "recursia top_p",
      ]);
      const named =
        "aliases prompt temperature top_p answer_tokens retrieval budget tools output min_tier";
      for (const key of named.split(" ")) assert.match(template, new RegExp(`^#?:? ?${key}:`, "m"));
    });
  });

function parsedYaml(text: string): unknown {
  const folder = mkdtempSync(join(tmpdir(), "adyton-template-"));
  writeFileSync(join(folder, "a.yaml"), text);
  const loose = NodeConfigFields.partial();
  const outcome = readConfigFile(join(folder, "a.yaml"), loose);
  rmSync(folder, { recursive: true });
  assert.equal(outcome.kind, "ok");
  return outcome.value;
}

function leaves(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

/** Every key that the schema knows, at any depth. */
function schemaKeys(): string[] {
  const backend = NodeConfig.shape.backends.unwrap().element.in.shape;
  const groups = Object.entries(NodeConfig.shape);
  return [
    ...groups.map(([name]) => name),
    ...Object.keys(backend),
    ...["turns", "retention", "listen"].flatMap((name) =>
      Object.keys(NodeConfig.shape[name as "turns"].unwrap().shape),
    ),
  ];
}
