import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type FactTerms, scoreFacts } from "./fact-score.ts";
import { scoreFloor } from "./score.ts";

const set = (text: string): ReadonlySet<string> => new Set(text.split(" "));
const fact = (subject: string, attribute: string, value: string): FactTerms => ({
  subject: set(subject),
  attribute: set(attribute),
  value: set(value),
});
const question = (text: string, sureness = 1) => ({
  asked: text.split(" ").map((term) => ({ variants: new Map([[term, sureness]]) })),
  said: sureness === 1 ? set(text) : new Set<string>(),
});
const anna = fact("анн петр", "любим цвет", "зелен");
const boris = fact("борис иван", "город", "казан");
const city = fact("анн петр", "город", "перм");
const equal = (): number => 1;

describe("how far a question asks for a fact", () => {
  const cases: readonly (readonly [question: string, facts: readonly FactTerms[], is: string])[] = [
    ["анн петр любим цвет", [anna], "asked"],
    ["анн цвет", [anna], "asked"],
    ["анн", [anna], "asked"],
    ["зелен", [anna], "asked"],
    ["анн петр любим цвет незнаком", [anna], "asked"],
    ["анн незнаком", [anna], "not"],
    ["глеб любим цвет", [anna], "not"],
    ["анн петр любим книг", [anna], "not"],
    ["борис иван любим цвет", [anna, boris], "not not"],
    ["анн борис город", [city, boris], "not not"],
    ["анн петр борис иван город", [city, boris], "asked asked"],
    ["анн петр город любим цвет", [anna, city], "asked asked"],
    ["анн иван город", [city, boris], "not not"],
  ];
  for (const [text, facts, expected] of cases)
    it(`is told from its parts: ${text}`, () => {
      const scores = scoreFacts(question(text), facts, equal);
      const said = scores.map((score) => (score >= scoreFloor ? "asked" : "not")).join(" ");
      assert.equal(said, expected, scores.join(" "));
      for (const score of scores) assert.ok(score >= 0 && score <= 1, String(score));
    });

  it("weighs a rare word of a name more than a frequent one", () => {
    const weightOf = (term: string): number => (term === "петр" ? 4 : 1);
    const [byLast = 0] = scoreFacts(question("петр любим цвет дружищ"), [anna], weightOf);
    const [byFirst = 0] = scoreFacts(question("анн любим цвет дружищ"), [anna], weightOf);
    assert.ok(byLast >= scoreFloor && byFirst < scoreFloor, `${byLast} ${byFirst}`);
  });

  it("counts a form that is hardly the word for as much as it is", () => {
    const of = (sureness: number): number =>
      scoreFacts(question("анн петр любим цвет", sureness), [anna], equal)[0] ?? 0;
    assert.ok(of(0.49) < scoreFloor && of(0.6) >= scoreFloor);
  });

  it("is nothing for a question without a word", () => {
    const asked = { asked: [], said: new Set<string>() };
    assert.deepEqual(scoreFacts(asked, [anna], equal), [0]);
  });
});
