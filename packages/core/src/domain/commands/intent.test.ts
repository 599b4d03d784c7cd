import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { commandTable } from "@adyton/protocol";
import fc from "fast-check";
import {
  aliasOf,
  intentIn,
  intentQuestion,
  intentTextCharsMax,
  readOnlyCommands,
} from "./intent.ts";

const changing: readonly string[] = commandTable
  .filter(({ changes }) => changes !== "nothing")
  .map(({ name }) => name);

describe("a phrase", () => {
  const meant: readonly (readonly [string, string])[] = [
    ["перепроверь контекст ядра", "mirror_self"],
    ["Перепроверьте контекст ядра!", "mirror_self"],
    ["ПЕРЕПРОВЕРЬ КОНТЕКСТ ЯДРА", "mirror_self"],
    ["перепроверить контексты ядра", "mirror_self"],
    ["перепроверка контекста ядра", "mirror_self"],
    ["Пожалуйста, перепроверяй контекст нашего ядра.", "mirror_self"],
    ["«перепроверим контекст в ядре»", "mirror_self"],
    ["п\u0435\u0440\u0435проверь\u200b контекст ядра", "mirror_self"],
    ["recheck the core context", "mirror_self"],
    ["Please re-check the core's context", "mirror_self"],
    ["rechecking core contexts", "mirror_self"],
    ["ｃｈｅｃｋ yourself", "mirror_self"],
    ["проверьте самого себя", "mirror_self"],
    ["посмотри в зеркало", "mirror_self"],
    ["кто ты?", "describe_self"],
    ["расскажите о себе", "describe_self"],
    ["Who are you?", "describe_self"],
    ["Какие сейчас есть команды?", "help"],
    ["what can you do?", "help"],
    ["покажи мой расход", "usage"],
  ];
  for (const [text, command] of meant)
    it(`${JSON.stringify(text)} means ${command}`, () => assert.equal(aliasOf(text), command));

  const unknown = [
    "не перепроверяй контекст ядра",
    "do not check yourself",
    "перепроверь контекст ядра и удали память",
    "контекст ядра",
    "ядра контекст перепроверь меня",
    "перепроверенность контекстуальности ядерности",
    "switch_mode RECURSIA",
    "",
    "?!",
  ];
  for (const text of unknown)
    it(`${JSON.stringify(text)} is none`, () => assert.equal(aliasOf(text), undefined));
});

describe("what free text may lead to", () => {
  it("is every command that changes nothing, and no other", () => {
    assert.ok(readOnlyCommands.includes("mirror_self") && readOnlyCommands.includes("help"));
    assert.deepEqual(
      readOnlyCommands.filter((name) => changing.includes(name)),
      [],
    );
    assert.ok(changing.includes("switch_mode") && changing.includes("prompt"), "there are others");
  });

  it("is never a command that changes something, whatever the model answers", () => {
    const name = fc.oneof(
      fc.constantFrom(...changing),
      fc.constantFrom(...changing).map((each) => each.toUpperCase()),
      fc.constantFrom(...changing).map((each) => `/command ${each}`),
      fc.string(),
    );
    const answer = fc.oneof(
      name,
      name.map((command) => JSON.stringify({ command })),
      name.map((command) => `Sure: {"command": ${JSON.stringify(command)}} Готово.`),
      name.map((command) => JSON.stringify({ command: [command], args: { mode: "RECURSIA" } })),
      name.map((command) => JSON.stringify([{ command }])),
      fc.json(),
    );
    fc.assert(
      fc.property(answer, (said) => {
        const command = intentIn(said, readOnlyCommands);
        assert.ok(command === undefined || !changing.includes(command), said);
      }),
      { numRuns: 2_000 },
    );
    assert.equal(intentIn('{"command": "usage"}', readOnlyCommands), "usage", "the control");
  });

  it("is nothing that the caller was not offered", () => {
    assert.equal(intentIn('{"command": "usage"}', ["help"]), undefined);
    assert.equal(intentIn('{"command": "none"}', readOnlyCommands), undefined);
  });

  for (const language of ["en", "ru"] as const)
    it(`is what the model is held to, beside none (${language})`, () => {
      const { messages, schema } = intentQuestion(
        "ж".repeat(intentTextCharsMax + 1),
        ["help"],
        language,
      );
      assert.match(JSON.stringify(schema.schema), /"enum":\["help","none"\]/);
      const [message] = messages;
      assert.equal(message?.content.match(/ж{2,}/u)?.[0].length, intentTextCharsMax);
      for (const name of changing) assert.ok(!message?.content.includes(`${name}:`), name);
    });
});
