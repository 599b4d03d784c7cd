import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Secret } from "./secret.ts";
import { answerTime, askTime, timeLineBytesMax } from "./signed-time.ts";

const key = new Secret("a".repeat(64));
const other = new Secret("b".repeat(64));
const nowMs = Date.UTC(2026, 10, 21);

describe("the time of another machine", () => {
  it("is told to whoever has the key", () => {
    const question = askTime(key);
    const answer = answerTime(key, question.line, nowMs) ?? "";
    assert.equal(question.read(answer), nowMs);
    assert.ok(question.line.length <= timeLineBytesMax && answer.length <= timeLineBytesMax);
  });

  it("is told to nobody else, and believed of nobody else", () => {
    const question = askTime(key);
    assert.equal(answerTime(other, question.line, nowMs), undefined);
    assert.equal(question.read(answerTime(other, askTime(other).line, nowMs) ?? ""), undefined);
  });

  it("is new: an answer to an earlier question is none", () => {
    const [first, second] = [askTime(key), askTime(key)];
    const answer = answerTime(key, first.line, nowMs) ?? "";
    assert.equal(first.read(answer), nowMs);
    assert.equal(second.read(answer), undefined);
    assert.equal(
      second.read(answer.replace(/ at \w+/, ` at ${/ask (\w+)/.exec(second.line)?.[1]}`)),
      undefined,
    );
  });

  it("cannot be altered in any character, nor a question", () => {
    const question = askTime(key);
    const answer = answerTime(key, question.line, nowMs) ?? "";
    const changed = (line: string, index: number): string =>
      line.slice(0, index) + (line[index] === "1" ? "2" : "1") + line.slice(index + 1);
    for (let index = 0; index < answer.length; index += 1)
      assert.equal(question.read(changed(answer, index)), undefined, `character ${index}`);
    for (let index = 0; index < question.line.length; index += 1)
      assert.equal(answerTime(key, changed(question.line, index), nowMs), undefined);
    // A question is no answer, whatever it proves.
    assert.equal(question.read(question.line), undefined);
    assert.equal(answerTime(key, answer, nowMs), undefined);
  });
});
