import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isBetter, runChecks } from "./checker.ts";
import { checkersFor } from "./checkers.ts";
import { schemaChecker } from "./json-shape.ts";
import { processorMs } from "../../../test/processor-time.ts";

const demanded = (question: string): string[] =>
  checkersFor(question, "en")
    .filter(({ isDemanded }) => isDemanded)
    .map(({ name }) => name);

describe("what a question demands", () => {
  const cases: ReadonlyArray<readonly [question: string, names: readonly string[]]> = [
    ["Calculate 17 * 23", ["value"]],
    ["Сколько будет 17 × 23?", ["value"]],
    ["17 + 23 = ?", ["value"]],
    ["Why is 1 + 1 = 10 in binary?", []],
    ["What happened on 2026-11-21?", []],
    ["Compare 3/4 and the score 2-1", []],
    ["Call 8-800-555", []],
    ["Describe a house in at most 5 words", ["length"]],
    ["Опиши дом не более чем пятью", []],
    ["Опиши дом, не более 5 слов", ["length"]],
    ["Ровно 2 предложения о море", ["length"]],
    ["Answer as JSON", ["json"]],
    ["Верни список в формате JSON", ["json"]],
    ["What is JSON?", []],
    ['Write a line without the word "sea"', ["must_not"]],
    ["Напиши строку без слова «море»", ["must_not"]],
    ['Mention "the sea"', ["must"]],
    ["Упомяни слово «море»", ["must"]],
    ["Answer in Russian: how are you?", ["language"]],
    ["Ответь по-английски: как дела?", ["language"]],
    ["Как дела?", []],
    ["How are you?", []],
  ];
  for (const [question, names] of cases)
    it(`${names.join(", ") || "nothing"}: ${question}`, () =>
      assert.deepEqual(demanded(question), names));
});

describe("a check", () => {
  const cases: ReadonlyArray<readonly [question: string, answer: string, faults: number]> = [
    ["Calculate 17 * 23", "It is 391.", 0],
    ["Calculate 17 * 23", "It is 390.", 1],
    ["Calculate 1000 * 3", "It is 3,000.", 0],
    ["Посчитай 1000 * 3", "Это 3 000.", 0],
    ["Calculate 10 / 3", "3.33", 0],
    ["Calculate 10 / 3", "3.3", 1],
    ["Calculate 2 + 3 * 4", "14", 0],
    ["Calculate 5 * -2", "−10", 0],
    ["Tell me", "12 * 3 = 36 and 2 + 2 = 4", 0],
    ["Скажи", "12 * 3 = 35, а 2 + 2 = 5", 2],
    ["Tell me", "10 / 3 = 3.33", 0],
    ["Tell me", "5 * 20 = 100 %", 0],
    ["Tell me", "2 + 2 = 2 * 2", 0],
    ["When?", "On 2026-02-28", 0],
    ["When?", "On 2026-02-29", 1],
    ["Когда?", "2024-02-29 и 2026-13-01", 1],
    ["Code", "```js\n1\n```", 0],
    ["Code", "```js\n1", 1],
    ["Code", "```json\n{a}\n```", 1],
    ["Describe, at most 3 words", "one two three", 0],
    ["Describe, at most 3 words", "one two three four five", 2],
    ["Опиши ровно в 2 предложениях: ровно 2 предложения", "Раз. Два.", 0],
    ["Ровно 2 предложения", "Раз.", 1],
    ["Not more than 5 characters", "привет", 1],
    ["Answer as JSON", '{"a": 1}', 0],
    ["Answer as JSON", "```json\n[1]\n```", 0],
    ["Answer as JSON", "Here: [1]", 1],
    ["Упомяни слово «ёж»", "Вот еж.", 0],
    ["Упомяни слово «ёж»", "Вот ежевика.", 1],
    ['Write without the word "sea"', "The season", 0],
    ['Write without the word "sea"', "The Sea.", 1],
    ["Answer in Russian: hello", "Привет", 0],
    ["Answer in Russian: hello", "Hello", 1],
    ["Ответь по-английски: привет", "Hello, друг of mine", 0],
  ];
  for (const [question, answer, faults] of cases)
    it(`finds ${faults} in ${JSON.stringify(answer)} for ${question}`, () => {
      const found = runChecks(checkersFor(question, "ru"), answer);
      assert.equal(
        found.faults.reduce((sum, count) => sum + count, 0),
        faults,
        found.message,
      );
      assert.equal(found.message === "", faults === 0);
    });

  it("says in the question's language what it found", () => {
    const said = (language: "en" | "ru") =>
      runChecks(checkersFor("Calculate 17 * 23", language), "1").message;
    assert.match(said("en"), /^The value .*391/u);
    assert.match(said("ru"), /^В ответе .*391/u);
  });

  it("takes no long for a text made to be slow", () => {
    for (const text of [
      "1 + ".repeat(20_000),
      "1".repeat(50_000),
      "0.".repeat(20_000),
      "« ".repeat(20_000),
      "```\n".repeat(20_001),
    ])
      assert.ok(
        processorMs(() => void runChecks(checkersFor(text.slice(0, 32_000), "en"), text)) < 2_000,
      );
  });
});

describe("a revision", () => {
  const of = (...faults: number[]) => ({ faults, message: "" });
  const cases: ReadonlyArray<readonly [before: number[], after: number[], isBetter: boolean]> = [
    [[1, 0], [0, 0], true],
    [[1, 1], [0, 1], true],
    [[5, 0], [4, 0], true],
    [[1, 0], [1, 0], false],
    [[1, 0], [0, 1], false],
    [[0, 0], [0, 0], false],
  ];
  for (const [before, after, better] of cases)
    it(`is ${better ? "better" : "no better"}: ${before.join()} → ${after.join()}`, () =>
      assert.equal(isBetter(of(...after), of(...before)), better));
});

describe("a client's schema", () => {
  const schema = {
    type: "object",
    required: ["a", "kind"],
    additionalProperties: false,
    properties: {
      a: { type: "integer" },
      kind: { enum: ["x", "y"] },
      list: { type: "array", items: { type: "string" } },
    },
  };
  const cases: ReadonlyArray<readonly [answer: string, faults: number]> = [
    ['{"a": 1, "kind": "x"}', 0],
    ['{"a": 1, "kind": "x", "list": ["а"]}', 0],
    ['{"a": 1.5, "kind": "x"}', 1],
    ['{"a": 1}', 1],
    ['{"a": 1, "kind": "z", "list": [1, "б", 2]}', 3],
    ['{"a": 1, "kind": "x", "more": 1}', 1],
    ["[]", 1],
    ["no JSON", 1],
  ];
  for (const [answer, faults] of cases)
    it(`finds ${faults} in ${answer}`, () =>
      assert.equal(schemaChecker(schema, "ru").check(answer).faults, faults));
});
