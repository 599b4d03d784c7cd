import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { ReasoningFilter, withoutReasoning, type FilterStart } from "./reasoning-filter.ts";

function run(pieces: readonly string[], start: FilterStart) {
  const filter = new ReasoningFilter(start);
  const shown = pieces.map((piece) => filter.push(piece)).join("") + filter.end();
  return { shown, text: filter.text, saw: filter.sawReasoning, unopened: filter.closedUnopened };
}

const cases: ReadonlyArray<[name: string, input: string, text: string]> = [
  ["nothing to hide", "Hello, world.", "Hello, world."],
  ["nothing at all", "", ""],
  ["a block before the answer", "<think>Hm.\n\nYes.</think>\n\nParis.", "Paris."],
  ["the longer tag", "<thinking>Хм.</thinking>Париж.", "Париж."],
  ["capitals", "<THINK>x</Think>y", "y"],
  ["white space before the block", "\n <think>x</think> y", "y"],
  ["two blocks", "<think>a</think>one <think>b</think>two", "one two"],
  ["a block that is never closed", "Before. <think>never closed", "Before. "],
  ["a closing tag alone", "I should answer in Russian.\n</think>\n\nПривет!", "Привет!"],
  ["a second closing tag", "<think>a</think>b</think>c", "bc"],
  ["an empty block", "<think>\n\n</think>\n\nда", "да"],
  ["a fence in the reasoning", "<think>```\ncode</think>text", "text"],
  [
    "a fence with the tags",
    "```xml\n<think>a</think>\n```\nend",
    "```xml\n<think>a</think>\n```\nend",
  ],
  ["a tilde fence", "~~~\n</think>\n~~~\n", "~~~\n</think>\n~~~\n"],
  ["a shorter run inside a fence", "````\n```\n<think>\n````\nok", "````\n```\n<think>\n````\nok"],
  [
    "text with a language after a fence",
    "```\n```js\n<think>\n```\nok",
    "```\n```js\n<think>\n```\nok",
  ],
  ["reasoning after a fence", "```\nx\n```\n<think>y</think>z", "```\nx\n```\nz"],
  ["inline code", "Use `<think>` and ``</think>`` here.", "Use `<think>` and ``</think>`` here."],
  ["a lone backtick on another line", "5 ` 6\n<think>x</think>y", "5 ` 6\ny"],
  ["a comparison", "if a <b then <thin", "if a <b then <thin"],
  ["two angle brackets", "<<think>x</think>y", "<y"],
  ["indented code first", "    indented", "    indented"],
  ["white space only", "  \n", ""],
];

describe("ReasoningFilter", () => {
  for (const [name, input, text] of cases) {
    it(`${name}: keeps the answer`, () => {
      assert.equal(run([input], "text").text, text);
      assert.equal(run(input.split(""), "text").text, text);
      assert.equal(withoutReasoning(input).text, input.includes("<") ? text : input);
    });
    it(`${name}: shows only the answer when it may begin inside reasoning`, () => {
      const { shown, text: kept } = run(input.split(""), "maybe_reasoning");
      assert.equal(shown, text);
      assert.equal(kept, text);
    });
  }

  it("hands text on at once, but for what may be a tag", () => {
    const filter = new ReasoningFilter();
    assert.equal(filter.push("Hello"), "Hello");
    assert.equal(filter.push(" wor<th"), " wor");
    assert.equal(filter.push("is"), "<this");
    assert.equal(filter.end(), "");
  });

  it("holds a possible reasoning until it is decided", () => {
    const filter = new ReasoningFilter("maybe_reasoning");
    assert.equal(filter.push("Let me see. </thi"), "");
    assert.equal(filter.push("nk>\nYes"), "Yes");
    assert.equal(filter.end(), "");
    const open = new ReasoningFilter("maybe_reasoning");
    assert.equal(open.push("No tags"), "");
    assert.equal(open.end(), "No tags");
  });

  it("drops what it holds when the answer was cut off", () => {
    const cut = new ReasoningFilter("maybe_reasoning");
    cut.push("Let me see");
    assert.equal(cut.end(false), "");
    assert.ok(cut.sawReasoning);
    assert.equal(
      withoutReasoning("Let me", { start: "maybe_reasoning", isComplete: false }).text,
      "",
    );
    assert.equal(withoutReasoning("Let me", { start: "text", isComplete: false }).text, "Let me");
  });

  it("holds nothing once the server keeps reasoning apart", () => {
    const filter = new ReasoningFilter("maybe_reasoning");
    filter.push("  ");
    filter.expectNone();
    assert.equal(filter.push("Да"), "Да");
  });

  it("says what it saw", () => {
    assert.deepEqual(run(["a"], "text"), { shown: "a", text: "a", saw: false, unopened: false });
    assert.equal(run(["<think>a"], "text").saw, true);
    const late = run(["a", "</think>b"], "text");
    assert.deepEqual(late, { shown: "ab", text: "b", saw: true, unopened: true });
  });

  const pieces = fc.array(
    fc.constantFrom(
      "<think>",
      "</think>",
      "<thinking>",
      "</thinking>",
      "<",
      ">",
      "</",
      "thi",
      "nk>",
      "`",
      "``",
      "```",
      "~~~",
      "\n",
      " ",
      "a",
      "ж",
      "好",
      "😀",
      "<THINK>",
      "\r\n",
    ),
    { maxLength: 24 },
  );
  for (const start of ["text", "maybe_reasoning"] as const)
    it(`gives the same for any split, starting as ${start}`, () => {
      fc.assert(
        fc.property(pieces, fc.array(fc.nat(80), { maxLength: 8 }), (parts, cuts) => {
          const input = parts.join("");
          const edges = [
            ...new Set([0, ...cuts.filter((cut) => cut < input.length), input.length]),
          ].toSorted((a, b) => a - b);
          const split = edges.slice(1).map((edge, index) => input.slice(edges[index], edge));
          assert.equal(split.join(""), input);
          assert.deepEqual(run(split, start), run([input], start));
        }),
        { numRuns: 2_000 },
      );
    });
});
