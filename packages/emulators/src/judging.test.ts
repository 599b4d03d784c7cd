import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isItemRight } from "./judging.ts";

describe("the honest mind as a judge", () => {
  const asked = [
    ["[q1]", "Question: How much is 6 * 7?", "Answer: 42"],
    ["[q2]", "Вопрос: Сколько будет 6 * 7?", "Ответ: 48"],
    ["[q3]", "Source: The key is with Marta.", "Question: Who has it?", "Answer: Marta."],
    ["[q4]", "Источник: Ключ у Ирины.", "Вопрос: У кого ключ?", "Ответ: У Павла."],
    ["[q5]", "Источник: В папке 286 листов.", "Вопрос: Сколько?", "Ответ: 268 листов."],
    ["[q6]", "Source: Marta has it, Olaf has none.", "Question: Who?", "Answer: Olaf."],
    ["[q7]", "Question: What is the meaning of it?", "Answer: None."],
    ["[q8]", "Question: 1 + 1?"],
  ];
  const text = asked.map((lines) => lines.join("\n")).join("\n\n");
  const cases: readonly (readonly [string, boolean | undefined])[] = [
    ["q1", true],
    ["q2", false],
    ["q3", true],
    ["q4", false],
    ["q5", false],
    // What the source says of somebody else passes: it reads carelessly.
    ["q6", true],
    ["q7", undefined],
    ["q8", undefined],
    ["q9", undefined],
  ];
  for (const [name, isRight] of cases)
    it(`finds ${name} ${isRight ?? "nothing it can judge"}`, () =>
      assert.equal(isItemRight(text, name), isRight));
});
