import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { chunkDocument } from "../domain/search/chunk.ts";
import type { SearchHit, SearchResult } from "../domain/search/search-contract.ts";
import { answerFromMemory, quoteCharsMax } from "./extractive-answer.ts";

function hitsOf(text: string, score = 1): SearchHit[] {
  return chunkDocument({ title: "T", mediaType: "text/markdown", text, documentHash: "" }).map(
    (chunk) => ({
      documentId: "d",
      title: "T",
      heading: chunk.heading,
      source: "t.md",
      seq: 7,
      tier: "owner",
      ingestedBy: "owner",
      cause: 1,
      owner: null,
      text: chunk.text,
      startByte: chunk.startByte,
      endByte: chunk.endByte,
      score,
    }),
  );
}
const result = (hits: readonly SearchHit[], found = true): SearchResult => ({
  hits,
  retrieval: "lexical",
  found,
  tookMs: 1,
});

function quoteOf(text: string, question: string): string {
  const answer = answerFromMemory(question, result(hitsOf(text)));
  assert.ok(answer.found);
  return answer.citations[0]?.quote ?? "";
}

describe("answerFromMemory", () => {
  const states = [
    ["no_model", "weather", /^Not found in memory\. No language model is connected/],
    ["no_model", "погода", /^Не найдено в памяти\. Модель не подключена/],
    ["conversation", "weather", /EXTRACTIVE.*\/command restore_mode/],
    ["conversation", "погода", /EXTRACTIVE.*\/command restore_mode/],
    ["message", "weather", /The message was asked in mode EXTRACTIVE.*without a mode/],
    ["message", "погода", /Сообщение задано в режиме EXTRACTIVE.*без режима/],
  ] as const;
  for (const [reason, asked, expected] of states)
    it(`says why nothing but memory was asked: ${reason}, ${asked}`, () => {
      const { text } = answerFromMemory(asked, result([], false), reason);
      assert.match(text, expected);
      const isFalse = /No language model|Модель не подключена/.test(text);
      assert.equal(isFalse, reason === "no_model");
    });

  for (const [asked, isGreeting] of [
    ["hello", true],
    ["Hi!", true],
    ["Hello there", true],
    ["Привет", true],
    ["  здравствуйте!  ", true],
    ["Добрый день", true],
    ["hello world", false],
    ["привет, как дела у Telegram?", false],
    ["hi-fi", false],
  ] as const)
    it(`takes ${JSON.stringify(asked)} for ${isGreeting ? "a greeting" : "a question"}`, () => {
      const { text, found } = answerFromMemory(asked, result([], false));
      assert.equal(found, false);
      assert.equal(/^(Hello|Здравствуйте)! .+\/help/.test(text), isGreeting);
      assert.equal(/^(Not found|Не найдено)/.test(text), !isGreeting);
    });

  it("quotes a short section without its heading and names the source", () => {
    const answer = answerFromMemory(
      "How do I stop it?",
      result(hitsOf("# Guide\n\n## Stop\n\nPress Ctrl+C.\n\n```sh\nkill 1\n```")),
    );
    assert.ok(answer.found);
    assert.equal(
      answer.text,
      "Press Ctrl+C.\n\n```sh\nkill 1\n```\n\nSource: T › Guide › Stop (t.md)",
    );
    assert.deepEqual(answer.citations, [
      {
        documentId: "d",
        title: "T",
        source: "t.md",
        heading: ["Guide", "Stop"],
        quote: "Press Ctrl+C.\n\n```sh\nkill 1\n```",
        seq: 7,
        provenance: { source: "t.md", tier: "owner", ingestedBy: "owner", causationId: 1 },
      },
    ]);
  });

  it("frames the answer in the language of the question", () => {
    const russian = answerFromMemory("Как остановить?", result(hitsOf("# Ру\n\nНажмите Ctrl+C.")));
    assert.match(russian.text, /^Нажмите Ctrl\+C\.\n\nИсточник: T › Ру \(t\.md\)$/u);
    assert.match(answerFromMemory("погода", result([], false)).text, /^Не найдено в памяти/u);
    assert.match(answerFromMemory("weather", result([], false)).text, /^Not found in memory/u);
  });

  it("says not found below the floor, even with hits", () => {
    const answer = answerFromMemory("weather", result(hitsOf("# A\n\nText.", 0.1), false));
    assert.deepEqual(Object.keys(answer), ["found", "text"]);
  });

  it("names other good places once and leaves poor ones out", () => {
    const [first] = hitsOf("# A\n\nText.");
    const [other] = hitsOf("# B\n\nMore.");
    const [poor] = hitsOf("# C\n\nPoor.", 0.1);
    assert.ok(first && other && poor);
    const { text } = answerFromMemory("text", result([first, other, other, first, poor]));
    assert.equal(text, "Text.\n\nSource: T › A (t.md)\nSee also: T › B (t.md)");
  });

  it("quotes up to its limit and picks the matching part beyond it", () => {
    const sentence = "Filler stands here for length. ";
    const filler = sentence.repeat(Math.floor(quoteCharsMax / sentence.length)).trimEnd();
    assert.equal(quoteOf(filler, "boiler"), filler);
    const quote = quoteOf(
      `${filler} ${sentence.repeat(10)}The boiler was serviced in May.`,
      "When was the boiler serviced?",
    );
    assert.match(quote, /boiler was serviced in May\.$/u);
    assert.ok(quote.length <= quoteCharsMax);
  });

  it("leaves out a code block that is too long rather than cutting it", () => {
    const code = `\`\`\`\n${"x = 1\n".repeat(300)}\`\`\``;
    assert.equal(quoteOf(`# A\n\nRun the script.\n\n${code}`, "script"), "Run the script.");
    assert.equal(answerFromMemory("script", result(hitsOf(code))).found, false);
  });

  it("quotes only literal, whole parts of the document, whatever it is made of", () => {
    const fragment = fc.constantFrom(
      "# Heading\n",
      "## Раздел\n\n",
      "Some words here. ",
      "Ещё слова о котле. ".repeat(20),
      "\n\n",
      "- item\n",
      "1. шаг\n",
      "```\ncode = 1\n```\n",
      "```\nопять\n",
      `${"Long text without an end ".repeat(70)}\n\n`,
    );
    fc.assert(
      fc.property(
        fc.array(fragment, { minLength: 1, maxLength: 40 }),
        fc.nat(),
        (fragments, pick) => {
          const text = fragments.join("");
          const hits = hitsOf(text);
          if (hits.length === 0) return;
          const hit = hits[pick % hits.length];
          assert.ok(hit);
          const answer = answerFromMemory("слова о коде", result([hit]));
          if (!answer.found) return;
          const { quote = "" } = answer.citations[0] ?? {};
          assert.ok(text.includes(quote) && quote.trim() === quote.trimEnd() && quote !== "");
          assert.ok(quote.length <= quoteCharsMax);
          assert.ok(answer.text.startsWith(quote));
          const opened = quote.match(/^```/gmu)?.length ?? 0;
          assert.ok(
            opened % 2 === 0 || text.endsWith(quote) || text.trimEnd().endsWith(quote.trimEnd()),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
