import assert from "node:assert/strict";
import { it } from "node:test";
import type { ChatMessage } from "../ports/backend.ts";
import { TaintedAnswers, taintedAnswersMax } from "./tainted-answers.ts";

const said = (content: string, role: ChatMessage["role"] = "assistant"): ChatMessage => ({
  role,
  content,
});
const taint = (id: string) => ({ sources: [id], tiers: ["external" as const] });

it("knows tainted answers again in what a client sends back", () => {
  const answers = new TaintedAnswers();
  assert.equal(answers.in([said("Котёл течёт.")]), undefined);
  answers.note("Котёл течёт.", taint("doc_1"));
  answers.note("The boiler leaks.", taint("doc_2"));
  assert.equal(answers.in([said("Котёл цел."), said("Котёл течёт.", "user")]), undefined);
  assert.deepEqual(answers.in([said("Котёл течёт."), said("The boiler leaks.\n")]), {
    sources: ["doc_1", "doc_2"],
    tiers: ["external"],
  });
});

it("forgets the oldest over its limit", () => {
  const answers = new TaintedAnswers();
  for (let n = 0; n < taintedAnswersMax; n += 1) answers.note(`answer ${n}`, taint("doc"));
  assert.ok(answers.in([said("answer 0")]));
  answers.note("one more", taint("doc"));
  assert.equal(answers.in([said("answer 0")]), undefined);
  assert.ok(answers.in([said("answer 1")]) && answers.in([said("one more")]));
});
