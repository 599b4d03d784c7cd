import assert from "node:assert/strict";
import { it } from "node:test";
import { isOfConversation, shownQuoteCharsMax, withQuote } from "./quotes.ts";

it("puts a question behind the words it answers to, cut at their limit", () => {
  assert.equal(withQuote("И что?", undefined), "И что?");
  assert.equal(withQuote("И что?", "раз\nдва"), "> раз\n> два\n\nИ что?");
  const whole = "x".repeat(shownQuoteCharsMax);
  assert.equal(withQuote("?", whole), `> ${whole}\n\n?`);
  assert.equal(withQuote("?", `${whole}y`), `> ${whole}…\n\n?`);
});

const said = ["Кто звонил?", "**Анна**, в `полдень`.\n\nИ ещё: 2 < 3."];
const cases: readonly [name: string, quote: string, isOwn: boolean][] = [
  ["a question", "Кто звонил?", true],
  ["an answer as a messenger shows it", "Анна, в полдень.\nИ ещё: 2 < 3.", true],
  ["an answer as it was written", "**Анна**, в `полдень`.", true],
  ["a part of one", "в полдень", true],
  ["words of nobody here", "Анна, в полночь.", false],
  ["words of two messages", "Кто звонил? Анна", false],
];
for (const [name, quote, isOwn] of cases)
  it(`takes ${name} for ${isOwn ? "the conversation's" : "somebody else's"}`, () =>
    assert.equal(isOfConversation({ untainted: () => said }, "key", quote), isOwn));
