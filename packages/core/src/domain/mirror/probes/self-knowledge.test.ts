import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { selfFields, selfOutcome, selfProbe } from "./self-knowledge.ts";

const facts = {
  mode: "RECURSIA",
  overlays: "2",
  language: "ru",
  limits: "8192",
  last_event: "turn.answered 57",
};

describe("what the model says of itself", () => {
  const cases: readonly (readonly [string, string, readonly string[], string])[] = [
    ["the truth", JSON.stringify(facts), [], "ok"],
    [
      "in another spelling",
      JSON.stringify({ ...facts, mode: " recursia. ", limits: 8_192 }),
      [],
      "ok",
    ],
    ["a wrong mode", JSON.stringify({ ...facts, mode: "DIRECT" }), ["mode"], "warn"],
    ["no number of intents", JSON.stringify({ ...facts, overlays: null }), ["overlays"], "warn"],
    [
      "two wrong",
      JSON.stringify({ ...facts, mode: "", language: "en" }),
      ["mode", "language"],
      "warn",
    ],
    [
      "three wrong",
      JSON.stringify({ ...facts, mode: "", language: "en", limits: "4096" }),
      ["mode", "language", "limits"],
      "fail",
    ],
    ["no JSON", "I am a language model. Я языковая модель.", selfFields, "fail"],
  ];
  for (const [name, answer, wrong, status] of cases)
    it(`is counted field by field: ${name}`, () => {
      const outcome = selfOutcome({ answer, facts });
      assert.deepEqual(outcome.measured, { right: 5 - wrong.length, of: 5, wrong });
      assert.equal(outcome.status, status);
      assert.deepEqual(
        outcome.evidence?.map(({ ref }) => ref) ?? [],
        wrong,
        "what it said stands beside each field",
      );
    });

  it("is skipped where there is no answer", () => {
    assert.equal(selfOutcome(undefined).status, "skipped");
    assert.equal(selfOutcome({ answer: undefined, facts }).status, "skipped");
  });

  it("shows no more of a wrong value than a line, without its control characters", () => {
    const mode = `${"ж".repeat(500)}\u001b[31m\n`;
    const outcome = selfOutcome({ answer: JSON.stringify({ ...facts, mode }), facts });
    const [shown] = outcome.evidence ?? [];
    assert.ok(shown !== undefined && shown.quote.length <= 60);
    assert.doesNotMatch(shown.quote, /\p{Cc}/u);
    assert.doesNotMatch(JSON.stringify(outcome.title), /жжж/u, "the title is the node's own words");
  });
});

describe("the state that the model is told", () => {
  for (const language of ["en", "ru"] as const)
    it(`stands behind the core prompt, each value on its line (${language})`, () => {
      const context = [
        { role: "system", content: "Core." },
        { role: "user", content: "?" },
      ] as const;
      const { messages } = selfProbe(context, facts, language);
      assert.match(messages[0]?.content ?? "", /^Core\.\n\n.+\nmode: RECURSIA\noverlays: 2\n/u);
      assert.deepEqual(messages.slice(1), context.slice(1));
      assert.equal(context[0].content, "Core.", "the context itself stays as it is");
    });

  it("is a message of its own where there is no core prompt", () => {
    const { messages } = selfProbe([{ role: "user", content: "?" }], facts, "en");
    assert.deepEqual(
      messages.map(({ role }) => role),
      ["system", "user"],
    );
  });
});
