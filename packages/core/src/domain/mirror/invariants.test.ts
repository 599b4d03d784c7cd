import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { breaches } from "./invariants.ts";
import type { Invariants } from "./snapshot.ts";

const en = "It shows twenty-one degrees, as yesterday.";
const ru = "Он показывает двадцать один градус, как вчера.";

describe("the rules of the model", () => {
  const same: Invariants = { language: "same" };
  const table: readonly [string, string, Invariants, readonly string[]][] = [
    ["How warm is it?", en, same, []],
    ["How warm is it?", ru, same, ["language"]],
    ["Какая температура?", en, same, ["language"]],
    ["Какая температура?", ru, same, []],
    // Too short to have a language, mixed, or code.
    ["21?", ru, same, []],
    ["Какая температура?", "21 °C (OK)", same, []],
    ["Какая температура?", "```\nreturn sensors.temperature(21)\n```", same, []],
    ["Как перевести?", "Переведите «temperature» как «температура»", same, []],
    ["Какая температура?", en, { language: "en" }, []],
    ["Какая температура?", en, { language: "ru" }, ["language"]],
    ["?", "x".repeat(10), { answerCharsMax: 10 }, []],
    ["?", "x".repeat(11), { answerCharsMax: 10 }, ["answerCharsMax"]],
    ["?", "As an AI, no.", { forbidden: ["as an ai"] }, ["forbidden"]],
    ["?", "Как ИИ, нет.", { forbidden: ["КАК ИИ"] }, ["forbidden"]],
    ["?", '{"a": 1}', { json: true }, []],
    ["?", 'Вот: {"a": 1}', { json: true }, ["json"]],
    [
      "Какая температура?",
      `As an AI: ${en}`,
      { ...same, forbidden: ["AI"] },
      ["language", "forbidden"],
    ],
    ["Какая температура?", en, {}, []],
  ];
  for (const [question, answer, rules, broken] of table)
    it(`${JSON.stringify([question, answer].join(" → ").slice(0, 60))}: ${broken.join(", ") || "kept"}`, () =>
      assert.deepEqual(breaches({ question, answer }, rules), broken));
});
