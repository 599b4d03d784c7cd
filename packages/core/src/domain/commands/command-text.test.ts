import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { commandTable } from "@adyton/protocol";
import fc from "fast-check";
import { findCommand, readText, type ReadText } from "./command-text.ts";
import { processorMs } from "../../../test/processor-time.ts";

const speech: ReadText = { kind: "speech" };
const unknown = (name: string): ReadText => ({ kind: "unknown_command", name });
const command = (
  name: (typeof commandTable)[number]["name"],
  args: Record<string, unknown> = {},
): ReadText => ({ kind: "command", command: name, args });

const cases: ReadonlyArray<readonly [text: string, read: ReadText]> = [
  ["describe_self", command("describe_self")],
  ["  Describe_Self \n", command("describe_self")],
  ["describe-self", command("describe_self")],
  ["please describe_self now", speech],
  ["описать describe_self", speech],
  ["help", command("help")],
  ["help me", speech],
  ["stop", speech],
  ["usage", speech],
  ["", speech],
  ["ERROR-FOLD", command("fold_error")],
  ["error_fold", command("fold_error")],
  ["Fold-Error", command("fold_error")],
  ["FOLD_ERROR", command("fold_error")],
  ["error fold", speech],
  ["/command ERROR-FOLD web 2h", command("fold_error", { input: "web 2h" })],
  ["/fold_error\nERROR a\nошибка", command("fold_error", { input: "ERROR a\nошибка" })],
  ["/", speech],
  ["//", speech],
  ["/help", command("help")],
  ["/HELP", command("help")],
  ["/help@my_bot", command("help")],
  ["/help@", speech],
  ["/start", command("help")],
  ["/self", command("describe_self")],
  ["/help me", command("help", { rest: "me" })],
  ["/command", command("help")],
  ["/command   ", command("help")],
  ["/Command Switch_Mode extractive", command("switch_mode", { mode: "extractive" })],
  ["/command switch-mode EXTRACTIVE", command("switch_mode", { mode: "EXTRACTIVE" })],
  ["/command@bot switch_mode EXTRACTIVE", command("switch_mode", { mode: "EXTRACTIVE" })],
  ["/command switch_mode", command("switch_mode")],
  ["/switch-mode EXTRACTIVE", command("switch_mode", { mode: "EXTRACTIVE" })],
  ["/command switch_mode RAG Node", command("switch_mode", { mode: "RAG", scope: "node" })],
  ["/command switch_mode a b c", command("switch_mode", { mode: "a b c" })],
  ["/command restore_mode node", command("restore_mode", { scope: "node" })],
  ["/command нет_такой", unknown("нет_такой")],
  ["/mode", command("mode")],
  ["/mode\nEXTRACTIVE", command("mode", { mode: "EXTRACTIVE" })],
  ['/prompt "Answer in verse."', command("prompt", { text: "Answer in verse." })],
  ["/prompt «Отвечай стихами.»", command("prompt", { text: "Отвечай стихами." })],
  ["/prompt «Скажи «да» или «нет»»", command("prompt", { text: "Скажи «да» или «нет»" })],
  ["/prompt «Раз» и «два»", command("prompt", { text: "«Раз» и «два»" })],
  ['/prompt "a" or "b"', command("prompt", { text: '"a" or "b"' })],
  ["/prompt „Отвечай“", command("prompt", { text: "Отвечай" })],
  ["/prompt “Be brief”", command("prompt", { text: "Be brief" })],
  ["/prompt 'Be brief'", command("prompt", { text: "Be brief" })],
  ['/prompt "', command("prompt", { text: '"' })],
  ['/prompt ""', command("prompt", { text: "" })],
  ["/prompt Be\nbrief", command("prompt", { text: "Be\nbrief" })],
  ["/неизвестно", unknown("неизвестно")],
  ["/unknown at all", unknown("unknown")],
  ["/etc/hosts", speech],
  ["/etc/hosts is empty", speech],
  ["/tmp/журнал.txt", speech],
  ["/etc.", speech],
  ["/1", speech],
  ["see /help", speech],
  ["/constructor", unknown("constructor")],
  ["/__proto__", speech],
];

describe("reading a message as a command", () => {
  for (const [text, read] of cases)
    it(`${JSON.stringify(text)} is ${read.kind}`, () => assert.deepEqual(readText(text), read));

  it("takes a word of 64 characters for a name and a longer one for speech", () => {
    assert.deepEqual(readText(`/${"a".repeat(64)}`), unknown("a".repeat(64)));
    assert.deepEqual(readText(`/${"a".repeat(65)}`), speech);
  });

  it("echoes at most 64 characters of an unknown name", () => {
    const read = readText(`/command ${"😀".repeat(1_000)}`);
    assert.deepEqual(read, unknown("😀".repeat(64)));
  });

  it("reads every form of the table, with any bot's name", () => {
    for (const { name, slash } of commandTable)
      for (const form of [...slash, `/command ${name}`, `/${name}`])
        assert.deepEqual(readText(form.toUpperCase()), command(name), form);
  });

  it("never throws, whatever the text", () => {
    const part = fc.oneof(
      fc.constantFrom("/", "/command ", "@", "«", "»", '"', "\n", "prompt", "mode "),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const read = readText(parts.join(""));
        assert.ok(["command", "unknown_command", "speech"].includes(read.kind));
      }),
      { numRuns: 2_000 },
    );
  });

  it("reads the longest message quickly, however it is built", () => {
    for (const text of [
      "/".repeat(32_000),
      `/a@${"b".repeat(32_000)} \0`,
      `/a ${" ".repeat(32_000)}x`,
    ])
      assert.ok(processorMs(() => void readText(text)) < 500);
  });
});

it("finds commands in any case, with either joint", () => {
  assert.equal(findCommand("Switch-MODE"), "switch_mode");
  assert.equal(findCommand("switchmode"), undefined);
  assert.equal(findCommand(""), undefined);
});
