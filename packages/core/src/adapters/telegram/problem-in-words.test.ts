import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { problem, problemCodes, type ProblemCode } from "@adyton/protocol";
import { problemInWords } from "./problem-in-words.ts";

/** What only a request over HTTP can be refused for: the bot makes none. */
const ofHttp: ReadonlySet<ProblemCode> = new Set([
  "invalid_json",
  "invalid_request",
  "unauthorized",
  "foreign_origin",
  "method_not_allowed",
  "request_timeout",
  "target_too_long",
  "unsupported_media_type",
  "foreign_host",
  "headers_too_large",
]);
const russian = /\p{Script=Cyrillic}/u;
const general = "Не получилось.";

describe("a problem in words", () => {
  for (const code of problemCodes) {
    it(`is Russian to a Russian reader: ${code}`, () => {
      const bare = problemInWords(problem(code), "ru");
      assert.match(bare, russian);
      assert.equal(bare === general, ofHttp.has(code), bare);
      const forPrograms = problem(code, { detail: "Use a new Idempotency-Key." });
      assert.equal(problemInWords(forPrograms, "ru"), bare);
      const detail = "Модели «m» нет.";
      assert.equal(problemInWords(problem(code, { detail }), "ru"), detail);
    });
    it(`is English to an English one: ${code}`, () => {
      const { title } = problem(code);
      assert.equal(problemInWords(problem(code), "en"), title);
      assert.equal(problemInWords(problem(code, { detail: "No m." }), "en"), "No m.");
    });
  }
});
