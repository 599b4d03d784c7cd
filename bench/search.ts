// Search over 100,000 chunks: how long a question takes off the event loop, what it does to the loop, how fast the index
// is built and how large it gets.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { openSearch } from "../packages/core/src/adapters/search/search-client.ts";
import {
  type DocumentInput,
  type SearchClient,
  vectorsPerCallMax,
} from "../packages/core/src/domain/search/search-contract.ts";
import { seeded } from "../packages/core/test/seeded.ts";
import { atMost, type BenchOptions, type Figure, percentile } from "./figure.ts";

const chunksWanted = 100_000;
const chunksWantedQuick = 2_000;
const chunksPerDocument = 50;
const queriesCount = 400;
const vocabularySize = 60_000;

/** Words as language has them: the guide's own first, then made ones, used with Zipf's frequencies. */
function makeText(random: () => number) {
  const guide = join(import.meta.dirname, "../docs/guide");
  const real = ["en", "ru"].flatMap((language) =>
    readdirSync(join(guide, language)).flatMap(
      (name) => readFileSync(join(guide, language, name), "utf8").match(/\p{L}{2,}/gu) ?? [],
    ),
  );
  const words = [...new Set(real)];
  const syllables = [
    "ка",
    "то",
    "ре",
    "ми",
    "сло",
    "ван",
    "пи",
    "ден",
    "tor",
    "men",
    "ali",
    "ver",
    "sto",
    "pla",
    "ing",
  ];
  while (words.length < vocabularySize) {
    const isLatin = random() < 0.5;
    const own = syllables.filter((syllable) => /[a-z]/u.test(syllable) === isLatin);
    const length = 2 + Math.floor(random() * 4);
    words.push(Array.from({ length }, () => own[Math.floor(random() * own.length)]).join(""));
  }
  // Inverse of the harmonic distribution: rank = size ^ u.
  const word = () => words[Math.floor(words.length ** random()) - 1] ?? "и";
  const sentence = () => `${Array.from({ length: 12 }, word).join(" ")}.`;
  return { word, paragraph: () => Array.from({ length: 7 }, sentence).join(" ") };
}

function* documents(random: () => number, chunks: number): Generator<DocumentInput> {
  const { word, paragraph } = makeText(random);
  for (let number = 0; number < chunks / chunksPerDocument; number += 1) {
    const sections = Array.from(
      { length: chunksPerDocument },
      (_, index) => `## ${word()} ${word()} ${number}-${index}\n\n${paragraph()}`,
    );
    yield {
      documentId: `d${number}`,
      owner: number % 4 === 0 ? "someone" : null,
      title: `${word()} ${word()}`,
      source: `bench/${number}.md`,
      mediaType: "text/markdown",
      tier: "owner",
      ingestedBy: "owner",
      cause: 1,
      expiresMs: null,
      seq: number + 1,
      text: sections.join("\n\n"),
    };
  }
}

function question(random: () => number, word: () => string): string {
  const words = Array.from({ length: 2 + Math.floor(random() * 4) }, word);
  // One question in four has a mistyped word.
  if (random() < 0.25) words[0] = `${words[0]?.slice(0, 3)}${words[0]?.slice(4)}`;
  return words.join(" ");
}

/** Builds the index and asks it; takes a minute or two. */
export async function search({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  await using index = openSearch({ file: join(folder, "index.db") });
  const builtFromMs = performance.now();
  let batch: DocumentInput[] = [];
  for (const document of documents(seeded(1), quick ? chunksWantedQuick : chunksWanted)) {
    batch.push(document);
    if (batch.length < 20) continue;
    await index.add(batch);
    batch = [];
  }
  await index.add(batch);
  const buildMs = performance.now() - builtFromMs;
  const { chunks, bytes } = await index.stats();
  const byWords = await askAll(index, chunks);
  const builtVectorsMs = await giveVectors(index);
  const byBoth = await askAll(index, chunks, model);
  return [
    ...byWords,
    { figure: "index build", value: (chunks / buildMs) * 1_000, unit: "chunks/s" },
    {
      figure: "index size",
      value: bytes / chunks,
      unit: "bytes/chunk",
      note: `${Math.round(bytes / 1e6)} MB`,
    },
    ...byBoth,
    { figure: "vectors kept", value: (chunks / builtVectorsMs) * 1_000, unit: "chunks/s" },
  ];
}

const model = "bench";
const dimensions = 768;

/** A vector around one of a hundred subjects, as texts lie in clusters. */
function vectorOf(random: () => number): Float32Array {
  const subject = seeded(Math.floor(random() * 100));
  return Float32Array.from({ length: dimensions }, () => subject() - 0.5 + (random() - 0.5));
}

/** Gives every chunk a vector; the milliseconds it took. */
async function giveVectors(index: SearchClient): Promise<number> {
  const random = seeded(3);
  const startedMs = performance.now();
  for (;;) {
    const chunks = await index.unembedded(model, vectorsPerCallMax);
    if (chunks.length === 0) return performance.now() - startedMs;
    const vectors = chunks.map(({ chunk, key }) => ({ chunk, key, vector: vectorOf(random) }));
    await index.putVectors(model, vectors);
  }
}

/** How long questions take, by words alone or with vectors. */
async function askAll(
  index: SearchClient,
  chunks: number,
  withModel?: string,
): Promise<readonly Figure[]> {
  const kind = withModel === undefined ? "search" : "hybrid search";

  const random = seeded(2);
  const { word } = makeText(random);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const tookMs: number[] = [];
  let found = 0;
  // The first search with vectors reads their signs.
  const vector =
    withModel === undefined ? {} : { vector: { model: withModel, values: vectorOf(random) } };
  const firstMs = performance.now();
  await index.search({ query: "warm up", owners: [], limit: 8, nowMs: 0, ...vector });
  const warmMs = performance.now() - firstMs;
  loop.enable();
  for (let asked = 0; asked < queriesCount; asked += 1) {
    const startedMs = performance.now();
    const result = await index.search({
      query: question(random, word),
      owners: ["someone"],
      limit: 8,
      nowMs: 0,
      ...(withModel === undefined
        ? {}
        : { vector: { model: withModel, values: vectorOf(random) } }),
    });
    tookMs.push(performance.now() - startedMs);
    if (result.found) found += 1;
  }
  loop.disable();
  const note = `${chunks} chunks, ${queriesCount} questions, ${found} found`;
  return [
    { figure: `${kind} p50`, value: percentile(tookMs, 0.5), unit: "ms", note },
    {
      figure: `${kind} p95`,
      value: percentile(tookMs, 0.95),
      unit: "ms",
      bar: atMost(50),
      note,
    },
    { figure: `${kind} max`, value: Math.max(...tookMs), unit: "ms", note },
    { figure: `${kind}, the first`, value: warmMs, unit: "ms" },
    {
      figure: `event loop delay p99 during ${kind}`,
      value: loop.percentile(99) / 1e6,
      unit: "ms",
      bar: atMost(20),
    },
  ];
}
