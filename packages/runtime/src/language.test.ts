import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { localeLanguage, textLanguage } from "./language.ts";

describe("localeLanguage", () => {
  const cases: ReadonlyArray<[env: Record<string, string>, expected: "ru" | "en"]> = [
    [{}, "en"],
    [{ LANG: "ru_RU.UTF-8" }, "ru"],
    [{ LANG: "ru" }, "ru"],
    [{ LANG: "run_RUN" }, "en"],
    [{ LANG: "C.UTF-8" }, "en"],
    [{ LANG: "ru_RU.UTF-8", LC_MESSAGES: "en_US.UTF-8" }, "en"],
    [{ LANG: "ru_RU.UTF-8", LC_ALL: "" }, "ru"],
    [{ LANG: "en_US.UTF-8", LC_ALL: "ru_UA" }, "ru"],
  ];
  for (const [env, expected] of cases)
    it(`${JSON.stringify(env)} is ${expected}`, () => assert.equal(localeLanguage(env), expected));
});

describe("textLanguage", () => {
  const cases: ReadonlyArray<[text: string, expected: "ru" | "en"]> = [
    ["Hello, how are you?", "en"],
    ["Привет, как дела?", "ru"],
    ["почему упал docker compose?", "ru"],
    ["what does привет mean in English?", "en"],
    ["абc", "ru"],
    ["аbc", "ru"],
    ["аbcd", "en"],
    ["123 !?", "en"],
    ["", "en"],
  ];
  for (const [text, expected] of cases)
    it(`${JSON.stringify(text)} is ${expected}`, () => assert.equal(textLanguage(text), expected));

  it("falls back where there are no letters, and reads only the beginning", () => {
    assert.equal(textLanguage("42", "ru"), "ru");
    assert.equal(textLanguage("a".repeat(2_000) + "я".repeat(9_000)), "en");
    assert.equal(textLanguage("a".repeat(1_333) + "я".repeat(9_000)), "ru");
  });
});
