import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { listItems, markdownBlocks } from "./blocks.ts";
import {
  approximateTokens,
  chunkDocument,
  chunkTokensMax,
  codeBlockCharsMax,
  headingCharsMax,
  lineCharsMax,
} from "./chunk.ts";
import type { MediaType } from "./chunk.ts";
import { sentences } from "./sentences.ts";

const chunk = (text: string, mediaType: MediaType = "text/markdown") =>
  chunkDocument({ title: "Title", mediaType, text, documentHash: "hash" });

describe("sentences", () => {
  const cases: ReadonlyArray<[name: string, text: string, expected: readonly string[]]> = [
    ["two", "One is here. Two is there.", ["One is here.", "Two is there."]],
    ["Russian", "Первое. Второе? Третье!", ["Первое.", "Второе?", "Третье!"]],
    [
      "abbreviations",
      "Файлы, т. е. всё. См. рис. 1 ниже.",
      ["Файлы, т. е. всё.", "См. рис. 1 ниже."],
    ],
    ["a version is no end", "Node 24.15 is used. Yes.", ["Node 24.15 is used.", "Yes."]],
    ["a wrapped line is no end", "One\nsentence. Two.", ["One\nsentence.", "Two."]],
    ["nothing", " \n ", []],
  ];
  for (const [name, text, expected] of cases)
    it(name, () =>
      assert.deepEqual(
        sentences(text).map((span) => text.slice(span.start, span.end)),
        expected,
      ),
    );
});

describe("markdown blocks", () => {
  const parts = (text: string) =>
    markdownBlocks(text).map((block) => [block.kind, text.slice(block.start, block.end)]);
  it("finds headings, paragraphs, lists and code", () => {
    assert.deepEqual(
      parts("# A\n\ntext\nmore\n- one\n- two\n\n```sh\n# no heading\n\n- no list\n```\nend"),
      [
        ["heading", "# A"],
        ["paragraph", "text\nmore"],
        ["list", "- one\n- two"],
        ["code", "```sh\n# no heading\n\n- no list\n```"],
        ["paragraph", "end"],
      ],
    );
  });
  it("runs an unclosed fence to the end and reads CRLF", () => {
    assert.deepEqual(parts("a\r\n\r\n```\r\nx\r\n# y"), [
      ["paragraph", "a"],
      ["code", "```\r\nx\r\n# y"],
    ]);
  });
  it("keeps nested items together", () => {
    const text = "- one\n  - in\n- two";
    const [list] = markdownBlocks(text);
    assert.ok(list);
    assert.deepEqual(
      listItems(text, list).map((item) => text.slice(item.start, item.end)),
      ["- one\n  - in", "- two"],
    );
  });
});

describe("chunkDocument", () => {
  it("gives one chunk per section with its heading path", () => {
    const text =
      "# Guide\n\n## Start\n\nDo it.\n\n### Fast\n\nQuick.\n\n## Alone\n\n## Stop\n\nEnd.\n";
    assert.deepEqual(
      chunk(text).map(({ heading, context }) => [heading, context]),
      [
        [["Guide", "Start"], "Title › Guide"],
        [["Guide", "Start", "Fast"], "Title › Guide › Start"],
        [["Guide", "Alone"], "Title › Guide"],
        [["Guide", "Stop"], "Title › Guide"],
      ],
    );
  });

  it("keeps a code block whole up to its limit and splits a longer one between lines", () => {
    const line = `${"x".repeat(39)}\n`;
    const fitting = `\`\`\`\n${line.repeat((codeBlockCharsMax - 40) / 40)}\`\`\``;
    assert.equal(
      chunk(`Before.\n\n${fitting}\n\nAfter.`).filter(({ text }) => text.includes("xxx")).length,
      1,
    );
    const longer = `\`\`\`\n${line.repeat(codeBlockCharsMax / 40)}\`\`\``;
    assert.ok(chunk(longer).length > 1);
  });

  it("overlaps by one sentence inside a section", () => {
    const paragraph = (name: string) => `${`Filler about ${name}. `.repeat(60)}Last of ${name}.`;
    const [first, second] = chunk(`# H\n\n${paragraph("one")}\n\n${paragraph("two")}`);
    assert.ok(first?.text.endsWith("Last of one."));
    assert.ok(second?.text.startsWith("Last of one."));
  });

  it("puts the header row of a CSV into the heading and cuts long lines and headings", () => {
    const rows = chunk(`time,value\n${"10:00,81.5\n".repeat(400)}`, "text/csv");
    assert.ok(rows.length > 1);
    assert.ok(rows.every(({ heading }) => heading[0] === "time,value"));
    assert.ok(chunk("x".repeat(lineCharsMax * 2 + 1), "application/json").length >= 3);
    assert.equal(
      chunk(`# ${"h".repeat(headingCharsMax + 1)}\n\nText.`)[0]?.heading[0]?.length,
      headingCharsMax,
    );
  });

  it("cuts literal slices with true byte offsets, loses no word, and repeats itself exactly", () => {
    const fragment = fc.constantFrom(
      "# Heading\n",
      "## Раздел\n",
      "Some words here. ",
      "Слова и ещё слова. ",
      "\n\n",
      "- item\n",
      "```\ncode\n```\n",
      "1. шаг\n",
      "🙂 ",
      "x".repeat(700),
      "\r\n",
      "```",
      "# ",
      "\f",
      '"',
      "[1, {",
    );
    const media = fc.constantFrom<MediaType>(
      "text/markdown",
      "text/plain",
      "text/csv",
      "text/html",
      "text/x-log",
      "application/json",
      "application/pdf",
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 60 }), media, (fragments, mediaType) => {
        const text = fragments.join("");
        const bytes = Buffer.from(text);
        const chunks = chunk(text, mediaType);
        assert.deepEqual(chunks, chunk(text, mediaType));
        let covered = "";
        for (const { text: part, context, startByte, endByte } of chunks) {
          assert.equal(bytes.subarray(startByte, endByte).toString(), part);
          const isWhole = part.includes("```");
          assert.ok(
            isWhole || approximateTokens(part) <= Math.max(chunkTokensMax, lineCharsMax / 2.5),
          );
          // A title with only deeper headings under it is indexed as their context.
          covered += `${context} ${part} `;
        }
        const words =
          mediaType === "text/markdown" || mediaType === "text/html"
            ? /Some|Слова|item|code|шаг|x{700}/gu
            : /\S+/gu;
        for (const [word] of text.matchAll(words))
          if (word.length < 40) assert.ok(covered.includes(word), word);
      }),
      {
        numRuns: 300,
        examples: [[["# ", "x".repeat(700), "1. шаг\n", "## Раздел\n"], "text/markdown"]],
      },
    );
  });
});
