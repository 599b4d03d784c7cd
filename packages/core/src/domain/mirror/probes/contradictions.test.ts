import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  contradictionOutcome,
  contradictionProbe,
  neighbours,
  pairsMax,
  reversed,
  statementCharsMax,
  statementsMax,
} from "./contradictions.ts";
import { statementsOf } from "./statements.ts";

const a = { ref: "history 1", text: "The boiler in the cellar holds 300 litres." };
const b = { ref: "history 3", text: "The boiler in the cellar holds 200 litres." };
const russian = [
  { ref: "1", text: "Насос в подвале заменили весной." },
  { ref: "2", text: "Насоса в подвале весной не меняли." },
];
const pairs = [{ a, b }];

const said = (relation: string, quote_a: string, quote_b: string): string =>
  JSON.stringify({ p1: { relation, quote_a, quote_b } });

describe("a contradiction counts", () => {
  const straight = said("contradiction", "holds 300 litres", "holds 200 litres");
  const back = said("contradiction", "200 litres", "300 litres");
  const cases: readonly (readonly [string, string, string, number])[] = [
    ["when both orders show it with words that stand there", straight, back, 1],
    ["not when one order says neutral", straight, said("neutral", "", ""), 0],
    ["not when the other one does", said("entailment", "", ""), back, 0],
    ["not by words that stand nowhere", said("contradiction", "holds 900", "holds 200"), back, 0],
    [
      "not by words of the other statement",
      said("contradiction", "200 litres", "300 litres"),
      back,
      0,
    ],
    ["not without words", said("contradiction", "", ""), back, 0],
    ["not when the answer is no JSON", "They contradict.", back, 0],
  ];
  for (const [name, first, second, count] of cases)
    it(name, () => {
      const outcome = contradictionOutcome(pairs, { straight: first, back: second });
      assert.deepEqual(outcome.measured, { pairs: 1, contradictions: count });
      assert.equal(outcome.status, count === 0 ? "ok" : "warn");
      const quotes = [
        { ref: "history 1", quote: "holds 300 litres" },
        { ref: "history 3", quote: "holds 200 litres" },
      ];
      assert.deepEqual(outcome.evidence, count === 0 ? undefined : quotes);
    });

  it("only when somebody was asked", () => {
    assert.equal(contradictionOutcome(pairs, undefined).status, "skipped");
    assert.equal(contradictionOutcome([], undefined).status, "ok");
  });
});

describe("the pairs", () => {
  it("are of statements about the same, in either language, in whatever form its words have", () => {
    assert.deepEqual(neighbours([a, { ref: "x", text: "Nobody came on Monday." }, b]), pairs);
    assert.equal(neighbours(russian).length, 1);
  });

  it("are none of a statement and its repetition, or of statements that share one word", () => {
    assert.deepEqual(neighbours([a, { ...a, ref: "again" }]), []);
    assert.deepEqual(
      neighbours([a, { ref: "x", text: "The boiler was expensive last year." }]),
      [],
    );
  });

  it(`are at most ${pairsMax}, the nearest, of the newest ${statementsMax} statements`, () => {
    const many = Array.from({ length: statementsMax + 1 }, (_, index) => ({
      ref: String(index),
      text: `The boiler in cellar number ${index} holds water.`,
    }));
    const found = neighbours(many);
    assert.equal(found.length, pairsMax);
    assert.ok(found.every(({ a: left, b: right }) => left.ref !== "0" && right.ref !== "0"));
    assert.equal(neighbours(many.slice(0, 5)).length, pairsMax, "five statements make ten pairs");
    assert.equal(neighbours(many.slice(0, 4)).length, 6);
  });

  it(`show at most ${statementCharsMax} characters of a statement`, () => {
    const long = (end: string) => ({ ref: end, text: `boiler cellar ${"ж".repeat(500)} ${end}` });
    const [pair] = neighbours([long("a"), { ref: "b", text: "boiler cellar water" }]);
    assert.equal(pair?.a.text.length, statementCharsMax);
  });

  for (const language of ["en", "ru"] as const)
    it(`are put to the model both ways round (${language})`, () => {
      const text = (of: typeof pairs): string =>
        contradictionProbe(of, language).messages.at(-1)?.content ?? "";
      assert.ok(text(pairs).endsWith(`A) ${a.text}\nB) ${b.text}`));
      assert.ok(text([...reversed(pairs)]).endsWith(`A) ${b.text}\nB) ${a.text}`));
    });
});

it("takes for statements what people and the model said, and neither the node's words nor questions", () => {
  const segment = (
    kind: "system" | "history" | "question",
    text: string,
    tier: "node" | "owner",
  ) => ({
    segments: [{ kind, text, tier, source: kind }],
  });
  const statements = statementsOf([
    { role: "system", ...segment("system", "You are a node that answers.", "node") },
    { role: "user", ...segment("history", "Насос заменили весной. Почему он шумит? Да.", "owner") },
    { role: "user", ...segment("question", "The pump was replaced.", "owner") },
  ]);
  assert.deepEqual(statements, [{ ref: "history 1", text: "Насос заменили весной." }]);
});
