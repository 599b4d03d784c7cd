import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  abstention,
  asInput,
  factSet,
  type GeneratedFact,
  recallOf,
  updated,
} from "../../../test/generated-facts.ts";
import { seeded } from "../../../test/seeded.ts";
import { SearchIndex } from "./search-index.ts";

const batch = 500;
const nowMs = 1_000;

function indexIn(folder: string): SearchIndex {
  return new SearchIndex(join(folder, "index.db"));
}

describe("ten thousand facts in Russian and English", () => {
  const set = factSet(seeded(20_261_121), { facts: 10_000, unanswerable: 400 });
  const asked = set.facts.filter((_, index) => index % 20 === 0);
  const folder = mkdtempSync(join(tmpdir(), "adyton-facts-"));
  const index = indexIn(folder);
  const ask = (query: string, atMs = nowMs) =>
    index.search({ query, owners: ["owner"], limit: 10, nowMs: atMs });
  before(() => {
    for (let at = 0; at < set.facts.length; at += batch)
      index.add(set.facts.slice(at, at + batch).map((fact, n) => asInput(fact, at + n + 1)));
  });
  after(() => {
    index.close();
    rmSync(folder, { recursive: true });
  });

  it("are each found among the first ten, and said to be found", () => {
    assert.equal(set.facts.length, 10_000);
    const { firstTen, found, reciprocalRanks } = recallOf(asked, ask);
    const mean = reciprocalRanks.reduce((sum, rank) => sum + rank, 0) / reciprocalRanks.length;
    assert.ok(firstTen >= 0.98, `recall@10 ${firstTen}`);
    assert.ok(mean >= 0.95, `mean reciprocal rank ${mean}`);
    assert.ok(found >= 0.98, `found ${found}`);
  });

  it("do not answer for what was never told, of namesakes, strangers and other things", () => {
    assert.ok(set.unanswerable.length >= 400);
    const share = abstention(set.unanswerable, ask);
    assert.ok(share >= 0.99, `abstained ${share}`);
  });

  it("are found by their owner alone", () => {
    for (const { question } of asked.slice(0, 20)) {
      const query = { query: question, owners: ["other"], limit: 10, nowMs };
      assert.deepEqual(index.search(query).hits, []);
    }
  });

  it("never show an old value as the current one", () => {
    const atMs = nowMs + 1;
    const changes = updated(asked, { atMs, firstSeq: 20_000 });
    index.add(changes.inputs);
    const holding = new Map(changes.facts.map(({ id, value }) => [id, value]));
    const isOld = (fact: GeneratedFact, text: string): boolean =>
      text === `${fact.subject} — ${fact.attribute}: ${fact.value}`;
    for (const fact of asked) {
      const { hits, found } = ask(fact.question, atMs);
      assert.ok(found, fact.question);
      assert.ok(!hits.some(({ text }) => isOld(fact, text)), `the old value: ${fact.question}`);
      assert.ok(hits.some(({ documentId }) => holding.has(documentId)));
      assert.ok(ask(fact.question, atMs - 1).hits.some(({ text }) => isOld(fact, text)));
    }
  });
});

const home: readonly (readonly [subject: string, attribute: string, value: string])[] = [
  ["Анна Петрова", "любимый цвет", "зелёный"],
  ["Анна Петрова", "город", "Пермь"],
  ["Борис Иванов", "город", "Казань"],
  ["Boiler", "last service", "12 May, by Anna"],
  ["Boiler", "pressure", "1.5 bar"],
];

describe("a few facts", () => {
  const folder = mkdtempSync(join(tmpdir(), "adyton-facts-"));
  const index = indexIn(folder);
  before(() =>
    index.add(
      home.map(([subject, attribute, value], n) =>
        asInput({ id: `f${n}`, subject, attribute, value }, n + 1),
      ),
    ),
  );
  after(() => {
    index.close();
    rmSync(folder, { recursive: true });
  });
  const ask = (query: string) => index.search({ query, owners: ["owner"], limit: 5, nowMs });

  for (const [query, ...expected] of [
    ["какой любимый цвет у Анны?", "f0"],
    ["Анна", "f0", "f1"],
    ["что известно про Анну Петрову", "f0", "f1"],
    ["кто любит зелёный цвет, любимый", "f0"],
    ["город Анны Петровой и Бориса Иванова", "f1", "f2"],
    ["when was the last service of the boiler", "f3"],
    ["boiler pressure", "f4"],
    ["1.5 bar", "f4"],
  ] as const)
    it(`answer “${query}”`, () => {
      const { hits, found } = ask(query);
      assert.ok(found, JSON.stringify(hits.map(({ text, score }) => [text, score])));
      const ids = hits.map(({ documentId }) => documentId);
      for (const id of expected) assert.ok(ids.includes(id), `${id} in ${ids.join(", ")}`);
    });

  for (const query of [
    "какой любимый цвет у Бориса Иванова?",
    "любимая книга Анны Петровой",
    "любимый цвет Глеба",
    "what is the temperature of the boiler",
    "the pressure of the pump",
  ])
    it(`do not answer “${query}”`, () => {
      const { hits, found } = ask(query);
      assert.ok(!found, JSON.stringify(hits.map(({ text, score }) => [text, score])));
    });
});
