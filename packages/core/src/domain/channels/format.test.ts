import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { type FormattedText, formatMarkdown, splitFormatted } from "./format.ts";
import { processorMs } from "../../../test/processor-time.ts";
import { splitText } from "./split-text.ts";

/** Styles as `type:what it covers`. */
const shown = ({ text, styles }: FormattedText): string[] =>
  styles.map(({ type, offset, length, language }) =>
    [type, language, text.slice(offset, offset + length)]
      .filter((part) => part !== undefined)
      .join(":"),
  );

describe("formatting what a model writes", () => {
  const cases: readonly [markdown: string, text: string, styles: string[]][] = [
    ["plain text", "plain text", []],
    ["**bold** and *italic*", "bold and italic", ["bold:bold", "italic:italic"]],
    [
      "__bold__ _italic_ ~~gone~~",
      "bold italic gone",
      ["bold:bold", "italic:italic", "strikethrough:gone"],
    ],
    [
      "**жирный *курсив* текст**",
      "жирный курсив текст",
      ["bold:жирный курсив текст", "italic:курсив"],
    ],
    ["use `a * b * c`", "use a * b * c", ["code:a * b * c"]],
    ["``a ` b``", "a ` b", ["code:a ` b"]],
    ["# Title #\ntext", "Title\ntext", ["bold:Title"]],
    ["## a # b ## \n# #\n#  ", "a # b\n#\n#  ", ["bold:a # b", "bold:#"]],
    ["- one\n* two\n  + three", "• one\n• two\n  • three", []],
    ["```ts\nlet a = 1;\n```\nend", "let a = 1;\nend", ["pre:ts:let a = 1;"]],
    ["```слово", "```слово", []],
    ["```\n**not bold**", "**not bold**", ["pre:**not bold**"]],
    ["~~~\ncode\n~~~", "code", ["pre:code"]],
    ["```\n \n```\nend", "```\n \n```\nend", []],
    ["```ts", "```ts", []],
    ["[words](https://a.example/b)", "words (https://a.example/b)", []],
    ["![](https://a.example/b.png)", "https://a.example/b.png", []],
    ["[https://a.example](https://a.example)", "https://a.example", []],
    ["snake_case_name and 2*3*4", "snake_case_name and 2*3*4", []],
    ["a * b * c", "a * b * c", []],
    ["**open", "**open", []],
    ["* * *", "• * *", []],
    ["**", "**", []],
    ["`", "`", []],
    ["👍 **👍**", "👍 👍", ["bold:👍"]],
  ];
  for (const [markdown, text, styles] of cases)
    it(JSON.stringify(markdown), () => {
      const formatted = formatMarkdown(markdown);
      assert.equal(formatted.text, text);
      assert.deepEqual(shown(formatted), styles);
    });

  const piece = fc.constantFrom(
    "**",
    "*",
    "_",
    "__",
    "`",
    "```",
    "\n",
    " ",
    "слово",
    "👍",
    "[a](b)",
    "# ",
    "~~",
  );
  const markdown = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(""));

  it("never reaches out of the text, and loses no word", () => {
    fc.assert(
      fc.property(markdown, (written) => {
        const { text, styles } = formatMarkdown(written);
        const words = (whole: string): number => whole.split(/слово|👍/u).length;
        assert.equal(words(text), words(written));
        for (const { offset, length } of styles) {
          assert.ok(length > 0 && offset >= 0 && offset + length <= text.length);
          assert.ok(text.slice(offset, offset + length).isWellFormed());
        }
      }),
    );
  });

  it("closes a mark within a thousand units, and no later", () => {
    const bold = (units: number): string => `**${"a".repeat(units - 2)}**`;
    assert.equal(formatMarkdown(bold(1_000)).styles.length, 1);
    assert.deepEqual(formatMarkdown(bold(1_001)), { text: bold(1_001), styles: [] });
  });

  it("takes no longer for what a model repeats without an end than its length tells", () => {
    for (const [begin, unit, end] of [
      ["# ", "#", "x"],
      ["# a", " ", "b"],
      ["```", " ", "x y"],
    ] as const) {
      const line = `${begin}${unit.repeat(100_000)}${end}`;
      const tookMs = processorMs(() => void formatMarkdown(line));
      assert.ok(tookMs < 1_500, `${begin}${unit}…${end} took ${tookMs} ms`);
    }
  });

  it("keeps styles over a cut", () => {
    const formatted = formatMarkdown("**aaaa bbbb** cccc\n```\ndddd\neeee\n```");
    const pieces = splitFormatted(formatted, (text) => splitText(text, 10));
    assert.deepEqual(
      pieces.map(({ text }) => text),
      ["aaaa bbbb", "cccc\ndddd", "eeee"],
    );
    assert.deepEqual(pieces.map(shown), [["bold:aaaa bbbb"], ["pre:dddd"], ["pre:eeee"]]);
  });
});
