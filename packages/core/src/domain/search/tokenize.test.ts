import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { normalise } from "./normalise.ts";
import { soundKey } from "./sound-key.ts";
import { stem } from "./stem.ts";
import {
  documentLanguage,
  indexTerms,
  languageOf,
  queryCharsMax,
  queryTerms,
  queryTermsMax,
} from "./terms.ts";
import { tokenCharsMax, tokenize } from "./tokenize.ts";

describe("normalise", () => {
  const cases: ReadonlyArray<[name: string, text: string, expected: string]> = [
    ["case and ё", "ЁЛКА и Ёж", "елка и еж"],
    ["compatibility forms", "ﬁle №５", "file no5"],
    ["zero-width and soft hyphen", "па\u200Bро\u00ADль", "пароль"],
    ["bidirectional controls", "\u202Etoken\u202C", "token"],
    ["stress accents", "за́мок", "замок"],
    ["й stays й", "и\u0306од", "йод"],
    ["tag characters", "a\u{E0041}b", "ab"],
  ];
  for (const [name, text, expected] of cases)
    it(name, () => assert.equal(normalise(text), expected));
});

describe("tokenize", () => {
  const words = (text: string) => tokenize(text).map((token) => token.text);
  const cases: ReadonlyArray<[name: string, text: string, expected: readonly string[]]> = [
    ["words", "Как подключить Телеграм?", ["как", "подключить", "телеграм"]],
    ["a code", "E1042", ["e1042"]],
    ["a path", "/etc/adyton.yaml", ["etc/adyton.yaml", "etc", "adyton", "yaml"]],
    ["a version", "v1.2.3", ["v1.2.3", "v1", "2", "3"]],
    ["an address", "127.0.0.1:7860", ["127.0.0.1:7860", "127", "0", "0", "1", "7860"]],
    ["two scripts in one word", "APIключ", ["apiключ", "api", "ключ"]],
    ["a homoglyph in a word", "Dоcker", ["dоcker"]],
    ["contractions", "what's where's don't", ["what", "where", "don"]],
    ["nothing", " \u200B …—", []],
  ];
  for (const [name, text, expected] of cases)
    it(name, () => assert.deepEqual(words(text), expected));

  it("tells identifiers from words", () => {
    const identifiers = (text: string) =>
      tokenize(text)
        .filter((token) => token.identifier)
        .map((token) => token.text);
    assert.deepEqual(identifiers("error E1042 in packages/core at deadbeef42"), [
      "e1042",
      "packages/core",
      "deadbeef42",
    ]);
    assert.deepEqual(identifiers("ошибка порта 7860, повторная"), []);
  });

  it("drops a word over the limit", () => {
    assert.equal(words("x".repeat(tokenCharsMax)).length, 1);
    assert.equal(words("x".repeat(tokenCharsMax + 1)).length, 0);
  });
});

describe("stem", () => {
  const cases: ReadonlyArray<[left: string, right: string]> = [
    ["подключение", "подключению"],
    ["резервную", "резервной"],
    ["модели", "моделью"],
    ["tokens", "token"],
    ["connected", "connecting"],
  ];
  for (const [left, right] of cases)
    it(`${left} and ${right}`, () => assert.equal(stem(left), stem(right)));
  it("leaves short words, numbers and other scripts alone", () => {
    for (const word of ["я", "is", "e1042", "日本語"]) assert.equal(stem(word), word);
  });
});

describe("soundKey", () => {
  const cases: ReadonlyArray<[cyrillic: string, latin: string]> = [
    ["телеграм", "telegram"],
    ["телеграмм", "telegram"],
    ["докер", "docker"],
    ["питон", "python"],
    ["линукс", "linux"],
    ["олама", "ollama"],
    ["куда", "cuda"],
    ["котл", "kotel"],
  ];
  for (const [cyrillic, latin] of cases)
    it(`${cyrillic} sounds like ${latin}`, () => assert.equal(soundKey(cyrillic), soundKey(latin)));
  it("keeps different names apart", () =>
    assert.notEqual(soundKey("матрикс"), soundKey("metrics")));
});

describe("terms", () => {
  it("keeps every word of a text and drops the stop words of a question, in both languages", () => {
    assert.deepEqual(indexTerms("how to connect"), ["how", "to", "connect"]);
    assert.deepEqual(
      queryTerms("How do I connect it?").map((term) => term.term),
      ["connect"],
    );
    assert.deepEqual(
      queryTerms("Подскажите, как мне подключить это?").map((term) => term.term),
      ["подключ"],
    );
  });

  it("reads so many words and characters of a question and no more", () => {
    const many = Array.from({ length: queryTermsMax + 1 }, (_, index) => `word${index}`);
    assert.equal(queryTerms(many.slice(0, -1).join(" ")).length, queryTermsMax);
    assert.equal(queryTerms(many.join(" ")).length, queryTermsMax);
    assert.equal(queryTerms(`${" ".repeat(queryCharsMax - 5)}token`).length, 1);
    assert.equal(queryTerms(`${" ".repeat(queryCharsMax)}token`).length, 0);
  });

  it("tells a document's language by its letters, whatever code and names it holds", () => {
    assert.equal(documentLanguage("Запустите сервер: npm start, ollama serve, llama-server"), "ru");
    assert.equal(
      documentLanguage("Search treats е and ё alike, also in «ёлка» and in any other word of it."),
      "en",
    );
    assert.equal(documentLanguage("12345"), "en");
  });

  it("tells the language of a question by script", () => {
    assert.equal(languageOf("как подключить Telegram"), "ru");
    assert.equal(languageOf("connect Telegram"), "en");
  });
});
