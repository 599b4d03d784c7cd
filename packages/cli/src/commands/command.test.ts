import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseCommandArguments } from "./command.ts";

const cases: readonly (readonly [words: string[], args: unknown])[] = [
  [[], {}],
  [["mode=RAG"], { mode: "RAG" }],
  [["text=Отвечай стихами."], { text: "Отвечай стихами." }],
  [["turns=5", "on=true"], { turns: 5, on: true }],
  [["text=a=b"], { text: "a=b" }],
  [["text="], { text: "" }],
  [["text=two\nlines"], { text: "two\nlines" }],
  [['{"mode":"RAG"}'], { mode: "RAG" }],
  [['{"a":', "1}"], { a: 1 }],
  [["lifetime.turns=5", "lifetime.seconds=60"], { lifetime: { turns: 5, seconds: 60 } }],
];

const refused: readonly string[][] = [
  ["RAG"],
  ["=x"],
  ["{bad"],
  ["{}x"],
  ["a=1", "a.b=2"],
  ["a..b=1"],
];

describe("the arguments of a command", () => {
  for (const [words, args] of cases)
    it(`reads ${JSON.stringify(words)}`, () =>
      assert.deepEqual(parseCommandArguments(words), { kind: "args", args }));
  for (const words of refused)
    it(`refuses ${JSON.stringify(words)}`, () =>
      assert.equal(parseCommandArguments(words).kind, "refused"));

  const free: readonly (readonly [words: string[], outcome: unknown])[] = [
    [["direct"], { mode: "direct" }],
    [["DIRECT", "lifetime.turns=5"], { mode: "DIRECT", lifetime: { turns: 5 } }],
    [["RAG", "NODE"], { mode: "RAG", scope: "node" }],
    [["Отвечай", "мне", "стихами."], { mode: "Отвечай мне стихами." }],
    [["RAG", "node", "scope=conversation"], "refused"],
    [["mode=RAG"], { mode: "RAG" }],
    [["direct", "mode=RAG"], "refused"],
    [["=x"], "refused"],
    [["{bad"], "refused"],
  ];
  for (const [words, outcome] of free)
    it(`gives ${JSON.stringify(words)} to the free argument`, () => {
      const parsed = parseCommandArguments(words, { rest: "mode", second: "scope" });
      assert.deepEqual(parsed.kind === "args" ? parsed.args : "refused", outcome);
    });

  it("gives no object another prototype", () => {
    const parsed = parseCommandArguments(["__proto__=1", "constructor.x=2"]);
    assert.equal(parsed.kind, "args");
    assert.equal(Object.getPrototypeOf(parsed.args), Object.prototype);
    assert.equal(Reflect.get({}, "x"), undefined);
  });
});
