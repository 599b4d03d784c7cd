import assert from "node:assert/strict";
import { it } from "node:test";
import { Failure } from "./failure.ts";
import { parseCommandLine } from "./program.ts";
import { en } from "./texts/en.ts";
import { ru } from "./texts/ru.ts";
import { translator } from "./texts/translate.ts";

const parse = (line: string, texts: typeof en | typeof ru) =>
  parseCommandLine(line.split(" "), {
    t: translator(texts),
    version: "0",
    run: () => Promise.resolve(),
  });

for (const [line, texts, title, advice] of [
  ["help memry", en, "There is no command “memry”.", /memory/],
  ["help zzzzzz", en, "There is no command “zzzzzz”.", /--help/],
  ["help memory serch", en, "There is no command “serch”.", /search/],
  ["memry --help", en, "There is no command “memry”.", /memory/],
  ["help memry", ru, "Нет такой команды: «memry».", /memory/],
] as const)
  it(`names what “${line}” does not find`, () =>
    assert.rejects(
      parse(line, texts),
      (error) =>
        error instanceof Failure &&
        error.message.includes(title) &&
        advice.test(String(error.advice)),
    ));
