// The manual's questions were written before the search (test/manual-questions.json). All of them must be answered from
// the right section, and what the manual cannot answer must not be found. The held-out set is printed, not demanded.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { TestContext } from "node:test";
import { answerFromMemory } from "../../app/extractive-answer.ts";
import { type DocumentInput, manualAuthor } from "../../domain/search/search-contract.ts";
import { z } from "zod";
import { SearchIndex } from "./search-index.ts";
import { processorMs } from "../../../test/processor-time.ts";

const root = join(import.meta.dirname, "../../../../..");
const language = z.enum(["en", "ru"]);
const answered = z.strictObject({
  question: z.string(),
  language,
  source: z.string(),
  headings: z.array(z.string()).min(1),
});
const unanswerable = z.strictObject({ question: z.string(), language });
const question = z.union([answered, unanswerable]);
type Item = z.infer<typeof question>;
const fixture = z
  .strictObject({
    answered: z.array(answered),
    unanswerable: z.array(unanswerable),
    development: z.array(question),
    heldOut: z.array(question),
  })
  .parse(JSON.parse(readFileSync(join(root, "packages/core/test/manual-questions.json"), "utf8")));

function readManual(): DocumentInput[] {
  return language.options.flatMap((lang) =>
    readdirSync(join(root, "docs/guide", lang))
      .filter((name) => name.endsWith(".md"))
      .map((name, index) => {
        const text = readFileSync(join(root, "docs/guide", lang, name), "utf8");
        return {
          documentId: `guide/${lang}/${name}`,
          owner: null,
          title: /^# (.+)$/mu.exec(text)?.[1] ?? name,
          source: `guide/${lang}/${name}`,
          mediaType: "text/markdown",
          tier: "owner",
          ingestedBy: manualAuthor,
          cause: 1,
          expiresMs: null,
          seq: index + 1,
          text,
        } as const;
      }),
  );
}

const folder = mkdtempSync(join(tmpdir(), "adyton-manual-"));
const index = new SearchIndex(join(folder, "index.db"));
index.add(readManual());
after(() => {
  index.close();
  rmSync(folder, { recursive: true });
});

interface Outcome {
  readonly isRight: boolean;
  readonly line: string;
}

function ask(item: Item): Outcome {
  const result = index.search({ query: item.question, owners: [], limit: 8, nowMs: 0 });
  const answer = answerFromMemory(item.question, result);
  const best = result.hits[0];
  const got = `${answer.found ? "" : "(not found) "}${best?.source} › ${best?.heading.at(-1)} ${best?.score.toFixed(2)}`;
  const citation = answer.found ? answer.citations[0] : undefined;
  const isRight =
    "source" in item
      ? citation !== undefined &&
        citation.source === item.source &&
        item.headings.includes(citation.heading.at(-1) ?? "")
      : !answer.found;
  return { isRight, line: `${isRight ? "ok   " : "WRONG"} ${item.question} → ${got}` };
}

function score(context: TestContext, name: string, items: readonly Item[]): Outcome[] {
  const outcomes = items.map(ask);
  const right = outcomes.filter((outcome) => outcome.isRight).length;
  context.diagnostic(`${name}: ${right} of ${items.length} right`);
  for (const outcome of outcomes)
    if (!outcome.isRight || process.env["SEARCH_VERBOSE"]) context.diagnostic(outcome.line);
  return outcomes;
}

const wrong = (outcomes: readonly Outcome[]) =>
  outcomes.filter((outcome) => !outcome.isRight).map((outcome) => outcome.line);

test("the questions the manual answers are answered from the right section", (context) => {
  assert.deepEqual(wrong(score(context, "answered", fixture.answered)), []);
});

test("what the manual cannot answer is not found", (context) => {
  assert.deepEqual(wrong(score(context, "unanswerable", fixture.unanswerable)), []);
});

// Printed so that the figure stays honest: "development" was looked at while tuning, "held out" never was.
test("the other questions are scored", (context) => {
  score(context, "development", fixture.development);
  score(context, "held out", fixture.heldOut);
});

test("an answer takes less than 200 ms of the processor", () => {
  for (const item of fixture.answered) {
    const query = { query: item.question, owners: [], limit: 8, nowMs: 0 };
    const tookMs = processorMs(() => void index.search(query));
    assert.ok(tookMs < 200, `${item.question}: ${tookMs} ms`);
  }
});

test("both languages have the same pages", () => {
  const [en, ru] = language.options.map((lang) =>
    readdirSync(join(root, "docs/guide", lang)).toSorted(),
  );
  assert.deepEqual(en, ru);
});
