import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { AskMessage } from "../../recursia/asking.ts";
import { canaryWords } from "./canary-words.ts";
import { canaryDepths, canaryProbe, makeNeedles, recallIn, recallOutcome } from "./canary.ts";

let drawn = 0;
const draw = (below: number): number => drawn++ % below;
const needles = makeNeedles(draw);
const [early, middle, late] = needles.map(({ value }) => value);
const question = { role: "user", content: "Where are they? Где они?" } as const;

const asJson = (...values: unknown[]): string =>
  JSON.stringify(Object.fromEntries(needles.map(({ name }, index) => [name, values[index]])));

describe("the needles", () => {
  it("hold a Russian word, an English word and a number each", () => {
    assert.deepEqual(
      needles.map(({ depth }) => depth),
      [10, 50, 90],
    );
    for (const { value } of needles) assert.match(value, /^[а-я]+-[a-z]+-\d{4}$/u);
  });

  it("are drawn of words in one spelling, none the beginning of another", () => {
    for (const words of Object.values(canaryWords))
      for (const word of words)
        assert.deepEqual(
          words.filter((other) => other.startsWith(word)),
          [word],
        );
  });

  const prose = { ru: "В гавани было тихо, насос держал. ", en: "The harbour was quiet, dry. " };
  for (const [language, line] of Object.entries(prose))
    it(`stand at their depths of the context's characters, between words (${language})`, () => {
      const context: AskMessage[] = [
        { role: "system", content: line.repeat(20) },
        { role: "user", content: line.repeat(70) },
        { role: "assistant", content: line.repeat(10) },
      ];
      const { messages } = canaryProbe([...context, question], needles);
      const whole = messages.map(({ content }) => content).join("");
      const length = line.length * 100;
      for (const { depth, name, value } of needles) {
        const at = whole.indexOf(`\n${name}: ${value}\n`);
        // Each needle before it moves it on by its own length.
        assert.ok(at > 0 && Math.abs(at / length - depth / 100) < 0.03, `${depth} %: ${at}`);
        assert.match(whole.slice(at - 1, at), /\s/u);
      }
      assert.deepEqual(messages.at(-1), question);
      const without = needles.reduce(
        (text, { name, value }) => text.replace(`\n${name}: ${value}\n`, ""),
        whole,
      );
      assert.equal(without, [...context, question].map(({ content }) => content).join(""));
    });

  it("are all there, and nothing else changes, whatever the context", () => {
    const content = fc.string({ unit: "binary", maxLength: 40 });
    const message = fc.record({
      role: fc.constantFrom("system", "user", "assistant" as const),
      content,
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), (context) => {
        const { messages } = canaryProbe([...context, question], needles);
        assert.deepEqual(
          messages.map(({ role }) => role),
          [...context, question].map(({ role }) => role),
        );
        let whole = messages.map((each) => each.content).join("\u0000");
        for (const { name, value } of needles) {
          assert.ok(whole.includes(`\n${name}: ${value}\n`));
          whole = whole.replace(`\n${name}: ${value}\n`, "");
        }
        assert.equal(whole, [...context, question].map((each) => each.content).join("\u0000"));
      }),
      { numRuns: 500 },
    );
  });
});

describe("recall", () => {
  const cases: readonly (readonly [string, string, readonly (0 | 1)[]])[] = [
    ["all three", asJson(early, middle, late), [1, 1, 1]],
    ["white space around one", asJson(` ${early} `, middle, late), [1, 1, 1]],
    ["one letter wrong", asJson(early, `${middle}1`, late), [1, 0, 1]],
    ["two exchanged", asJson(middle, early, late), [0, 0, 1]],
    ["an empty field", asJson(early, "", late), [1, 0, 1]],
    ["a field that is no text", asJson(early, 4, late), [1, 0, 1]],
    ["words around the JSON", `Here: ${asJson(early, middle, late)}`, [1, 1, 1]],
    ["no JSON", `canary_a is ${early}, canary_c is ${late}`, [1, 0, 1]],
    ["nothing", "", [0, 0, 0]],
  ];
  for (const [name, answer, expected] of cases)
    it(`counts letter for letter: ${name}`, () => {
      const recall = recallIn(answer, needles);
      assert.deepEqual(
        canaryDepths.map((depth) => recall[depth]),
        expected,
      );
    });

  const statuses = [
    [{ 10: 1, 50: 1, 90: 1 }, "ok"],
    [{ 10: 1, 50: 0, 90: 1 }, "warn"],
    [{ 10: 0, 50: 0, 90: 1 }, "fail"],
    [{ 10: 0, 50: 0, 90: 0 }, "fail"],
    [undefined, "skipped"],
  ] as const;
  for (const [recall, status] of statuses)
    it(`of ${JSON.stringify(recall)} is ${status}`, () => {
      const outcome = recallOutcome(recall);
      assert.equal(outcome.status, status);
      assert.equal(outcome.title === undefined, status === "ok");
      if (status === "warn")
        assert.match(`${outcome.title?.en} ${outcome.title?.ru}`, /50 %.*50 %/);
    });
});
