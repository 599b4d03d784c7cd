import { type Bilingual, problem } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import {
  type DocumentInput,
  documentsPerAddMax,
  type MemoryQuestion,
  type SearchClient,
  SearchError,
  type SearchResult,
} from "../domain/search/search-contract.ts";
import type { Embedding } from "./embedding.ts";
import { OneByOne } from "./one-by-one.ts";
import { telling } from "./search-problem.ts";

/** Something the index is made of, as it lies in the journal's state. */
export interface IndexedRow {
  readonly id: string;
  readonly seq: number;
  /** About how much text there is to hold while it is indexed. */
  readonly bytes: number;
}

/** A kind of memory that is searched. */
export interface IndexedKind {
  /** How many of it the index should have. */
  count(): number;
  after(seq: number, limit: number): readonly IndexedRow[];
  /** What the index holds of an id, as the state is now: nothing when it is gone. */
  inputs(id: string): readonly DocumentInput[];
  /** What left the index, or changed in it, since the beginning. */
  changes(): Promise<Changes>;
}

export interface Changes {
  readonly gone?: readonly string[];
  /** Ids that are indexed anew. */
  readonly changed?: readonly string[];
}

export interface MemoryIndexOptions {
  readonly search: SearchClient;
  readonly kinds: readonly IndexedKind[];
  /** Where vectors come from; without it words alone decide. */
  readonly embedding?: Pick<Embedding, "ofQuestion" | "wake"> | undefined;
  /** Milliseconds a search waits for an index that is behind. */
  readonly waitMsMax?: number | undefined;
  readonly language: keyof Bilingual;
  readonly now: () => number;
}

/** Rows read with one step; between two steps the event loop is free. */
const stepRows = 50;
/** Bytes of text handed to the index at once. A longer document goes alone. */
const indexBytesMax = 1024 * 1024;
const waitMsMaxDefault = 5_000;
/** Seconds after which a search that waited in vain is worth another try. */
const retryIndexSeconds = 5;
const indexingWords: Bilingual = {
  en: "Memory is being indexed; try again in a while.",
  ru: "Память ещё индексируется; попробуйте немного позже.",
};

/**
 * The index follows the journal, one change after another: what was replaced meanwhile would come back into it otherwise,
 * and stay.
 */
export class MemoryIndex {
  readonly #options: MemoryIndexOptions;
  readonly #indexing = new OneByOne();
  /** What the index may still have although it is gone, and what it may have otherwise than it is now. */
  readonly #leaving = new Set<string>();
  readonly #changing = new Set<string>();
  #prepared: Promise<void> | undefined;

  constructor(options: MemoryIndexOptions) {
    this.#options = options;
  }

  /** Something was written; it is indexed by `prepare`, or before the next search. */
  later(changes: Changes): void {
    this.#prepared = undefined;
    this.#note(changes);
  }

  /** Indexes now, or before the next search when it cannot be done now: that one is told what is wrong. */
  async soon(changes: Changes = {}): Promise<void> {
    try {
      await this.#follow(changes);
    } catch {
      // The next search prepares the index again, and is told when that fails.
    }
  }

  /** Takes out what was forgotten and leaves no byte of it in the index's file. Throws when that cannot be done now. */
  async forget(gone: readonly string[]): Promise<void> {
    await this.#follow({ gone });
    await this.#indexing.run("index", () => this.#telling(() => this.#options.search.compact()));
  }

  /**
   * Brings the index up to the journal, once: after it was lost, from the beginning; after a crash between the two,
   * without what was replaced meanwhile. A failure is thrown, and the next call tries again.
   */
  prepare(): Promise<void> {
    this.#prepared ??= this.#catchUp().catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  /** Searches the index once it has caught up with the journal. Throws `ProblemError` `busy` while that takes long. */
  async find(question: MemoryQuestion): Promise<SearchResult> {
    const query = { nowMs: this.#options.now(), ...question };
    const [vector] = await Promise.all([
      this.#options.embedding?.ofQuestion(query.query),
      this.#readySoon(),
    ]);
    const whole = vector === undefined ? query : { ...query, vector };
    return this.#telling(() => this.#options.search.search(whole));
  }

  #telling<T>(work: () => Promise<T>): Promise<T> {
    return telling(work, this.#options.language);
  }

  async #readySoon(): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const detail = indexingWords[this.#options.language];
      reject(new ProblemError(problem("busy", { detail, retryAfterSeconds: retryIndexSeconds })));
    }, this.#options.waitMsMax ?? waitMsMaxDefault);
    try {
      await Promise.race([this.prepare(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #catchUp(): Promise<void> {
    await this.#follow({});
    const { documents } = await this.#options.search.stats();
    const { kinds } = this.#options;
    if (documents === kinds.reduce((sum, kind) => sum + kind.count(), 0)) return;
    for (const kind of kinds) await this.#follow(await kind.changes());
  }

  #note({ gone = [], changed = [] }: Changes): void {
    for (const id of gone) this.#leaving.add(id);
    for (const id of changed) this.#changing.add(id);
  }

  /** Takes out what is gone, indexes anew what changed, and adds what the journal has and the index has not. */
  async #follow(changes: Changes): Promise<void> {
    this.#note(changes);
    try {
      await this.#indexing.run("index", () => this.#telling(() => this.#bringUp()));
      this.#options.embedding?.wake();
    } catch (error) {
      this.#prepared = undefined;
      throw error;
    }
  }

  async #bringUp(): Promise<void> {
    const { search, kinds } = this.#options;
    for (const ids of pages([...this.#leaving])) {
      await search.remove(ids);
      for (const id of ids) this.#leaving.delete(id);
    }
    for (const ids of pages([...this.#changing])) {
      await this.#add(ids.map((id) => ({ id, seq: 0, bytes: 0 })));
      for (const id of ids) this.#changing.delete(id);
    }
    let { watermarkSeq } = await search.stats();
    for (;;) {
      const rows = kinds
        .flatMap((kind) => kind.after(watermarkSeq, stepRows))
        .toSorted((left, right) => left.seq - right.seq)
        .slice(0, stepRows);
      for (const batch of batches(rows)) await this.#add(batch);
      const last = rows.at(-1);
      if (last === undefined) return;
      watermarkSeq = last.seq;
    }
  }

  /** A document that the index refuses, for having too many passages, is kept and not found; the others go on. */
  async #add(rows: readonly IndexedRow[]): Promise<void> {
    const { search, kinds } = this.#options;
    try {
      await search.add(rows.flatMap(({ id }) => kinds.flatMap((kind) => kind.inputs(id))));
    } catch (error) {
      if (!(error instanceof SearchError) || error.code !== "refused") throw error;
      if (rows.length > 1) for (const row of rows) await this.#add([row]);
    }
  }
}

function* pages(ids: readonly string[]): Generator<string[]> {
  for (let at = 0; at < ids.length; at += documentsPerAddMax)
    yield ids.slice(at, at + documentsPerAddMax);
}

/** Rows in order, in batches whose texts are not held in memory all at once. */
function* batches(rows: readonly IndexedRow[]): Generator<IndexedRow[]> {
  let batch: IndexedRow[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (batch.length > 0 && bytes + row.bytes > indexBytesMax) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(row);
    bytes += row.bytes;
  }
  if (batch.length > 0) yield batch;
}
