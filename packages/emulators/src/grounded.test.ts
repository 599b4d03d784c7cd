import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseChatRequest } from "./generation-request.ts";
import { answerFromPassages } from "./grounded.ts";

const properties = { found: {}, answer: {}, citations: {} };

function answer(content: string, wanted: object = properties) {
  const parsed = parseChatRequest({
    messages: [{ role: "user", content }],
    response_format: {
      type: "json_schema",
      json_schema: { name: "any", schema: { type: "object", properties: wanted } },
    },
  });
  assert.ok(parsed.kind === "valid");
  return answerFromPassages(parsed.request);
}

const passages = {
  en: "<passage 1>\n(Cat)\nThe cat sleeps.\n</passage 1>\n<passage 2>\n(Boiler)\n# Boiler serviced\n\nIt is red. The boiler was\nserviced on 3 March. It hums.\n</passage 2>",
  ru: "<passage 1>\n(Кот)\nКот спит.\n</passage 1>\n<passage 2>\n(Котёл)\n# Котёл обслуживали\n\nОн красный. Котел\nобслуживали 3 марта. Он гудит.\n</passage 2>",
};

describe("an answer from passages", () => {
  for (const [text, question, quote] of [
    [
      passages.en,
      "Question: When was the boiler serviced?",
      "The boiler was\nserviced on 3 March.",
    ],
    [passages.ru, "Вопрос: Когда обслуживали котёл?", "Котел\nобслуживали 3 марта."],
  ] as const) {
    it(`is the sentence with the most words of the question (${question})`, () =>
      assert.deepEqual(answer(`${text}\n\n${question}`), {
        found: true,
        answer: `${quote.replace("\n", " ")} [2]`,
        citations: [{ passage: 2, quote }],
      }));
  }

  for (const question of ["Question: Who rules Mongolia?", "Вопрос: Кто правит Монголией?"])
    it(`is none where no sentence has half of them (${question})`, () =>
      assert.deepEqual(answer(`${passages.en}\n${passages.ru}\n\n${question}`), {
        found: false,
        answer: "",
        citations: [],
      }));

  it("is not given to another schema, or without passages or a question", () => {
    const question = "Question: When was the boiler serviced?";
    assert.equal(answer(`${passages.en}\n\n${question}`, { found: {} }), undefined);
    assert.equal(answer(question), undefined);
    assert.equal(answer(passages.en), undefined);
  });
});
