import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { chunkDocument, chunkTokensMax, approximateTokens, type MediaType } from "./chunk.ts";
import { csvHeaderCharsMax, jsonPathNamesMax } from "./data-parts.ts";

const chunk = (text: string, mediaType: MediaType) =>
  chunkDocument({ title: "Title", mediaType, text, documentHash: "hash" });

describe("rows of a CSV", () => {
  it("stand under the header in every group, and are not divided", () => {
    const text = `время;значение\n${"10:00;81,5 °C\n".repeat(400)}`;
    const groups = chunk(text, "text/csv");
    assert.ok(groups.length > 2);
    for (const { heading, text: rows } of groups) {
      assert.deepEqual(heading, ["время;значение"]);
      for (const row of rows.split("\n"))
        assert.ok(row === "10:00;81,5 °C" || row === "время;значение", row);
    }
  });

  it("may have line breaks inside quotation marks", () => {
    const row = (n: number) => `${n},"first line ${"x ".repeat(300)}\nsecond ""line"""`;
    const text = `id,note\n${[1, 2, 3, 4, 5].map(row).join("\n")}\n`;
    for (const { text: rows } of chunk(text, "text/csv"))
      assert.match(rows, /^(?:id,note\n)?(?:\d,"first[^"]*\nsecond ""line"""\n?)+$/u);
  });

  it("are lines where a quotation mark is never closed", () => {
    const text = `id,note\n1,"open\n${"2,b\n".repeat(500)}`;
    assert.ok(chunk(text, "text/csv").length > 1);
  });

  it("repeat so much of a header and no more", () => {
    for (const [length, kept] of [
      [csvHeaderCharsMax, csvHeaderCharsMax],
      [csvHeaderCharsMax + 1, csvHeaderCharsMax],
    ] as const)
      assert.equal(chunk(`${"h".repeat(length)}\n1\n`, "text/csv")[0]?.heading[0]?.length, kept);
  });
});

describe("values of a JSON text", () => {
  const person = (n: number) => ({
    имя: `Анна ${n}`,
    note: "works here. ".repeat(20),
    town: "Тверь",
  });

  it("stand under their path and keep together what fits", () => {
    const text = JSON.stringify(
      { staff: { people: Array.from({ length: 40 }, (_, n) => person(n)) }, version: 2 },
      null,
      1,
    );
    const chunks = chunk(text, "application/json");
    assert.ok(chunks.length > 5);
    const people = chunks.filter(({ heading }) => heading.join("/") === "staff/people");
    assert.ok(people.length > 5);
    for (const { text: part } of people) {
      // Whole elements: between brackets they are JSON again.
      const whole: unknown = JSON.parse(`[${part}]`);
      assert.ok(Array.isArray(whole) && whole.length > 0);
    }
    assert.deepEqual(chunks.at(-1)?.heading, []);
    assert.ok(chunks.at(-1)?.text.includes('"version": 2'));
  });

  it("are all there, whatever the text, and small enough", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(2), (value, indent) => {
        const text = JSON.stringify({ value, pad: "y ".repeat(1_500) }, null, indent);
        const chunks = chunk(text, "application/json");
        const covered = chunks.map(({ text: part }) => part).join("");
        const bare = (json: string) => json.replaceAll(/[\s{}[\],:]/gu, "");
        for (const { text: part } of chunks)
          assert.ok(approximateTokens(part) <= Math.max(chunkTokensMax, 2_000 / 2.5), part);
        // Names of divided containers stand in the headings instead.
        assert.ok(bare(covered).length <= bare(text).length);
        const numbers = JSON.stringify(value).match(/\d{4,}/gu) ?? [];
        const seen = `${covered} ${chunks.flatMap(({ heading }) => heading).join(" ")}`;
        for (const number of numbers) assert.ok(seen.includes(number), number);
      }),
      { numRuns: 200 },
    );
  });

  it("are divided as text where the text is no JSON, or too deep", () => {
    assert.ok(chunk(`{"a": ${"x ".repeat(3_000)}`, "application/json").length > 1);
    const deep = `${"[".repeat(5_000)}1${"]".repeat(5_000)}`;
    assert.ok(chunk(deep, "application/json").length > 1);
  });

  it("have the innermost names of a long path", () => {
    const names = Array.from({ length: jsonPathNamesMax + 1 }, (_, n) => `n${n}`);
    const value = names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), {
      a: "x ".repeat(1_000),
      b: "y ".repeat(1_000),
    });
    const [first] = chunk(JSON.stringify(value), "application/json");
    assert.equal(first?.heading.length, jsonPathNamesMax);
    assert.ok(first?.heading.includes(`n${jsonPathNamesMax}`));
  });
});

describe("entries of a log", () => {
  it("keep the lines that go on with them", () => {
    const entry = (n: number) =>
      `2026-11-20T10:00:${n} ERROR насос ${n} не отвечает\n  at pump.ts:${n}\nCaused by: timeout ${"x".repeat(150)}`;
    const text = Array.from({ length: 60 }, (_, n) => entry(n)).join("\n");
    const chunks = chunk(text, "text/x-log");
    assert.ok(chunks.length > 5);
    for (const { text: part } of chunks) {
      assert.match(part, /^2026/u);
      assert.match(part, /Caused by: timeout x+$/u);
    }
  });
});

describe("pages", () => {
  it("stand under their numbers, empty ones counted", () => {
    const chunks = chunk("Первая страница.\f\fThird page. It goes on.", "application/pdf");
    assert.deepEqual(
      chunks.map(({ heading, text }) => [heading, text]),
      [
        [["p. 1"], "Первая страница."],
        [["p. 3"], "Third page. It goes on."],
      ],
    );
  });
});
