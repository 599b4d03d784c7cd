import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { billionsByName } from "../model/model-size.ts";
import { canonical, canonicalNumber, numbersIn, similarity } from "./canonical.ts";
import { isCalibrated } from "./choose.ts";
import { discreteKind, finalAnswer } from "./discrete.ts";
import { literalQuote } from "./literal.ts";
import { chunksMax, split, taskOf } from "./long-input.ts";
import { leadProbability, tally } from "./vote.ts";

describe("one spelling", () => {
  const same: ReadonlyArray<readonly [a: string, b: string]> = [
    ["Ёлка!", "елка"],
    ["1 000 рублей", "1,000.0 рублей"],
    ["  The  answer: 42. ", "the answer 42"],
    ["3,50", "3.5"],
  ];
  for (const [a, b] of same) it(`${a} = ${b}`, () => assert.equal(canonical(a), canonical(b)));
  it("keeps apart what differs", () => assert.notEqual(canonical("1.5"), canonical("15")));
  it("reads numbers", () => {
    assert.deepEqual(numbersIn("от 3 до 1 000, −5 и 2,5; 3-4"), [3, 1000, -5, 2.5, 3, 4]);
    assert.equal(canonicalNumber("x"), undefined);
  });
  it("measures likeness", () => {
    assert.equal(similarity("раз два три", "Раз, два, три."), 1);
    assert.equal(similarity("one", "two"), 0);
    assert.equal(similarity("", ""), 1);
  });
});

describe("a vote", () => {
  // P(Beta(a+1, b+1) > ½), as the specification has it.
  for (const [a, b, p] of [
    [2, 0, 0.875],
    [3, 0, 0.9375],
    [1, 1, 0.5],
    [0, 0, 0.5],
    [3, 1, 0.8125],
  ] as const)
    it(`leads ${a}:${b} with ${p}`, () => assert.equal(leadProbability(a, b), p));

  it("gives a tie to the first answer", () => {
    assert.deepEqual(
      [tally(["b", "a", "a", "b"]).leader, tally(["b", "a", "a", "b"]).isTie],
      ["b", true],
    );
    assert.equal(tally(["b", "a", "A."]).leader, "a");
  });
});

describe("a short answer", () => {
  const cases: ReadonlyArray<
    readonly [question: string, kind: ReturnType<typeof discreteKind>, text: string, answer: string]
  > = [
    ["How many planets are there?", "number", "Of 9 once, 8 are left.", "8"],
    ["Сколько планет?", "number", "Ответ: 8, а было 9", "8"],
    ["В каком году основан Рим?", "number", "В 753 году", "753"],
    ["Is the sea salty?", "yes_no", "Yes, it is.", "yes"],
    ["Правда ли, что море солёное?", "yes_no", "Нет.", "no"],
    ["Which?\nA) one\nB) two", "option", "The answer is B.", "B"],
    ["Что из этого?\nА) раз\nВ) два", "option", "Ответ: В", "B"],
    ["Одним словом: столица Италии?", "word", "Рим.", "рим"],
  ];
  for (const [question, kind, text, answer] of cases)
    it(`${String(kind)}: ${question}`, () => {
      assert.equal(discreteKind(question), kind);
      assert.equal(finalAnswer(text, kind ?? "word"), answer);
    });
  for (const question of ["Tell me about the sea.", "Расскажи о море.", "Why is the sea salty?"])
    it(`is none: ${question}`, () => assert.equal(discreteKind(question), undefined));
});

describe("a quotation", () => {
  const text = "Котёл обслужил\n  Иванов 3 мая. The boiler holds 300 litres.";
  for (const [quote, found] of [
    ["Иванов 3 мая", "Иванов 3 мая"],
    ["обслужил Иванов", "обслужил\n  Иванов"],
    ["holds 300 litres.", "holds 300 litres."],
    ["holds 301 litres.", undefined],
    ["обслужил Петров", undefined],
    ["ов", undefined],
    ["", undefined],
  ] as const)
    it(`${found === undefined ? "does not stand" : "stands"} there: ${quote}`, () =>
      assert.equal(literalQuote(quote, text), found));
});

describe("a long input", () => {
  const text = Array.from({ length: 2_000 }, (_, index) => `слово${index}`).join(" ");
  for (const [tokens, windowTokens, parts] of [
    [1_000, 4_000, 2],
    [4_000, 4_000, 5],
    [1_000_000, 4_000, chunksMax],
  ] as const)
    it(`of ${tokens} tokens is read in ${parts} parts that leave nothing out`, () => {
      const chunks = split(text, tokens, windowTokens);
      assert.equal(chunks.length, parts);
      for (const word of text.split(" "))
        assert.ok(
          chunks.some((chunk) => chunk.split(" ").includes(word)),
          word,
        );
    });

  it("is asked for what it asks for", () => {
    assert.equal(taskOf("Текст.\n\nО чём он?", "ru"), "О чём он?");
    assert.equal(taskOf("Sum this up:\n\nA text.", "en"), "Sum this up:");
    assert.match(taskOf("x".repeat(9_000), "ru"), /о чём/u);
  });
});

it("lets a judge speak from J = 0.7 on", () => {
  assert.equal(isCalibrated({ sensitivity: 0.85, specificity: 0.85 }), true);
  assert.equal(isCalibrated({ sensitivity: 0.85, specificity: 0.84 }), false);
  assert.equal(isCalibrated(undefined), false);
});

it("reads a model's size from its name", () => {
  for (const [name, size] of [
    ["qwen3:8b", 8],
    ["Llama-3.3-70B-Instruct", 70],
    ["mixtral-8x7b", 56],
    ["qwen2.5-0.5b-q4", 0.5],
    ["gpt-oss", undefined],
  ] as const)
    assert.equal(billionsByName(name), size, name);
});
