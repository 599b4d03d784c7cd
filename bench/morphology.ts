// Word forms: questions that share no form of a word with the document that answers them, in Russian and English. The
// lines below the first show what each part of the search does alone; without stemming nothing can be found.
import { join } from "node:path";
import { SearchIndex } from "../packages/core/src/adapters/search/search-index.ts";
import {
  asInputs,
  controls,
  controlSearch,
  measure,
  stressSet,
} from "../packages/core/test/morphology.ts";
import { seeded } from "../packages/core/test/seeded.ts";
import { atLeast, type BenchOptions, type Figure } from "./figure.ts";

const documentsCount = 3_000;
const queriesCount = 600;

/** Asks a stress set of the memory's search and of plain tables. */
export async function morphology({ folder }: BenchOptions): Promise<readonly Figure[]> {
  const set = stressSet(seeded(1), { documents: documentsCount, queries: queriesCount });
  const note = `${set.lexemes} words, ${documentsCount} documents, ${queriesCount} questions`;
  const index = new SearchIndex(join(folder, "index.db"));
  try {
    index.add(asInputs(set));
    const ours = measure(set, (query) =>
      index
        .search({ query, owners: [], limit: 10, nowMs: 0 })
        .hits.map(({ documentId }) => documentId),
    );
    return [
      {
        figure: "word forms, first hit right",
        value: ours.first,
        unit: "",
        bar: atLeast(0.95),
        note,
      },
      { figure: "word forms, among ten", value: ours.firstTen, unit: "" },
      ...Object.entries(controls).map(([name, control]) => ({
        figure: `word forms, ${name}`,
        value: measure(set, controlSearch(set, control)).first,
        unit: "",
      })),
    ];
  } finally {
    index.close();
  }
}
