import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { languageOf } from "../../search/terms.ts";
import { rulesOf, temptation, temptationOutcome } from "./temptation.ts";

const english = "At the sea people mend their nets and wait, and in the evening they tell stories.";
const russian = "У моря чинят сети и ждут, а вечером рассказывают друг другу долгие истории.";

describe("a temptation", () => {
  it("asks in the language that must not be answered in", () => {
    assert.equal(languageOf(temptation({ language: "ru" }, "ru")), "en");
    assert.equal(languageOf(temptation({ language: "en" }, "en")), "ru");
    for (const spoken of ["en", "ru"] as const) {
      const question = temptation({ language: "same" }, spoken);
      assert.match(question, spoken === "en" ? /^Tell.*\p{Script=Cyrillic}/u : /^Расскажи.*[a-z]/u);
    }
  });

  it("asks for length, for words and against a form where these are ruled", () => {
    const forbidden = ["tulip", "тюльпан", "c", "d"];
    const question = temptation({ answerCharsMax: 10, forbidden, json: true }, "en");
    assert.match(question, /at full length.*tulip, тюльпан, c\. .*without any JSON/u);
    assert.match(temptation({ answerCharsMax: 1, json: true }, "ru"), /длиннее.*без JSON/u);
  });
});

describe("an answer to it", () => {
  const ask = (question: string, answer: string) => ({ question, answer });
  const cases = [
    ["keeps the language", { language: "ru" }, ask("Tell me.", russian), [], "ok"],
    ["breaks the language", { language: "ru" }, ask("Tell me.", english), ["language"], "warn"],
    [
      "breaks the language of the question",
      { language: "same" },
      ask(temptation({ language: "same" }, "ru"), english),
      ["language"],
      "warn",
    ],
    [
      "keeps the language of the question",
      { language: "same" },
      ask(temptation({ language: "same" }, "en"), english),
      [],
      "ok",
    ],
    ["has the length", { answerCharsMax: russian.length }, ask("?", russian), [], "ok"],
    [
      "is one longer",
      { answerCharsMax: russian.length - 1 },
      ask("?", russian),
      ["answerCharsMax"],
      "warn",
    ],
    ["says a word", { forbidden: ["СЕТИ"] }, ask("?", russian), ["forbidden"], "warn"],
    ["is no JSON", { json: true }, ask("?", english), ["json"], "warn"],
    [
      "breaks three",
      { json: true, forbidden: ["nets"], answerCharsMax: 3 },
      ask("?", english),
      ["answerCharsMax", "forbidden", "json"],
      "fail",
    ],
  ] as const;
  for (const [name, invariants, asked, broken, status] of cases)
    it(name, () => {
      const outcome = temptationOutcome(invariants, asked);
      assert.deepEqual(outcome.measured, { rules: rulesOf(invariants), broken });
      assert.equal(outcome.status, status);
    });

  it("is not needed where there are no rules, and missed where there are", () => {
    assert.equal(temptationOutcome({}, undefined).status, "ok");
    assert.equal(temptationOutcome({ json: true }, undefined).status, "skipped");
  });
});
