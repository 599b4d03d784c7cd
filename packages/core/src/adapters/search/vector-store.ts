import type { DatabaseSync } from "node:sqlite";
import {
  type ChunkVector,
  type QueryVector,
  SearchError,
  type UnembeddedChunk,
} from "../../domain/search/search-contract.ts";
import {
  differingSigns,
  dimensionsMax,
  product,
  scaled,
  signBits,
  wordsFor,
} from "../../domain/search/vectors.ts";
import { bytes, type Row, text, texts, textOrNull, whole } from "./row.ts";

/** Vectors compared exactly, of those whose signs are nearest: four times what a ranking holds. */
const comparedMax = 200;

/** Room for the signs of so many vectors is made first; it doubles when it is full. */
const roomMin = 1_024;

/** What a search holds in memory: of each vector its chunk, its owner, and the signs. */
class Signs {
  readonly model: string;
  readonly dimensions: number;
  readonly owners: (string | null)[] = [];
  readonly #places = new Map<string | null, number>();
  count = 0;
  chunks = new Float64Array(roomMin);
  ownerOf = new Uint32Array(roomMin);
  bits: Uint32Array;

  constructor(model: string, dimensions: number) {
    this.model = model;
    this.dimensions = dimensions;
    this.bits = new Uint32Array(roomMin * wordsFor(dimensions));
  }

  /** Takes rows of chunks it does not hold yet. */
  add(rows: readonly Row[]): void {
    const words = wordsFor(this.dimensions);
    let room = this.chunks.length;
    while (room < this.count + rows.length) room *= 2;
    if (room > this.chunks.length) {
      this.chunks = grown(this.chunks, new Float64Array(room));
      this.ownerOf = grown(this.ownerOf, new Uint32Array(room));
      this.bits = grown(this.bits, new Uint32Array(room * words));
    }
    for (const row of rows) {
      this.chunks[this.count] = whole(row, "chunk");
      this.ownerOf[this.count] = this.#placeOf(textOrNull(row, "owner"));
      this.bits.set(new Uint32Array(bytes(row, "bits").slice().buffer), this.count * words);
      this.count += 1;
    }
  }

  #placeOf(owner: string | null): number {
    let place = this.#places.get(owner);
    if (place === undefined) {
      place = this.owners.push(owner) - 1;
      this.#places.set(owner, place);
    }
    return place;
  }
}

/**
 * The vectors of chunks, with the model that made each. Their signs lie in memory from the first search on, until a
 * vector goes; of those that came since, the next search reads the signs. The vectors themselves stay in the file.
 */
export class VectorStore {
  readonly #database: DatabaseSync;
  #signs: Signs | undefined;
  /** Chunks whose signs came since they were read. */
  readonly #fresh = new Set<number>();
  /** Every chunk up to this one has a vector of the model: looking for those that lack one begins behind it. */
  #complete = { model: "", upTo: 0 };

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Chunks without a vector of this model, the oldest first. */
  missing(model: string, limit: number): UnembeddedChunk[] {
    const upTo = this.#complete.model === model ? this.#complete.upTo : 0;
    const rows = this.#database
      .prepare(
        `SELECT chunks.id AS id, title, heading, text, hash, start_byte FROM chunks
           JOIN documents ON documents.id = chunks.document LEFT JOIN signs ON signs.chunk = chunks.id
         WHERE chunks.id > ? AND signs.model IS NOT ? ORDER BY chunks.id LIMIT ?`,
      )
      .all(upTo, model, limit);
    const [first] = rows;
    if (first !== undefined) this.#complete = { model, upTo: whole(first, "id") - 1 };
    return rows.map((row) => ({
      chunk: whole(row, "id"),
      key: `${text(row, "hash")}:${whole(row, "start_byte")}`,
      text: `${[text(row, "title"), ...texts(row, "heading")].join(" › ")}\n${text(row, "text")}`,
    }));
  }

  /**
   * Keeps vectors. One whose chunk was replaced meanwhile is dropped, and so are those of the same model with another
   * length: the server has another model under that name now. Throws `SearchError` "refused" for a vector too long.
   */
  put(model: string, vectors: readonly ChunkVector[]): void {
    const insertSigns = this.#database.prepare(
      `INSERT OR REPLACE INTO signs (chunk, model, dimensions, bits)
       SELECT chunks.id, ?, ?, ? FROM chunks JOIN documents ON documents.id = chunks.document
       WHERE chunks.id = ? AND documents.hash || ':' || chunks.start_byte = ?`,
    );
    const insertVector = this.#database.prepare(
      "INSERT OR REPLACE INTO vectors (chunk, vector) VALUES (?, ?)",
    );
    const isKnown = this.#database.prepare("SELECT 1 FROM signs WHERE chunk = ?");
    for (const dimensions of new Set(vectors.map(({ vector }) => vector.length)))
      for (const sign of ["<", ">"])
        this.#drop(`model = ? AND dimensions ${sign} ?`, model, dimensions);
    for (const { chunk, key, vector } of vectors) {
      if (vector.length > dimensionsMax)
        throw new SearchError("refused", `a vector may have ${dimensionsMax} numbers`);
      const unit = scaled(vector);
      const bits = new Uint8Array(signBits(unit).buffer);
      // What is held is only added to.
      if (isKnown.get(chunk) !== undefined) this.#signs = undefined;
      const { changes } = insertSigns.run(model, unit.length, bits, chunk, key);
      if (Number(changes) === 0) continue;
      insertVector.run(chunk, new Uint8Array(unit.slice().buffer));
      if (this.#signs !== undefined) this.#fresh.add(chunk);
    }
  }

  /** Forgets the vectors of a document's chunks. */
  removeOf(document: number): void {
    this.#drop("chunk IN (SELECT id FROM chunks WHERE document = ?)", document);
    // The numbers of chunks that go are given to others.
    this.#complete = { model: "", upTo: 0 };
  }

  /** The chunks whose vectors of the same model are nearest, nearest first; `undefined` when there is none. */
  nearest(query: QueryVector, owners: ReadonlySet<string>, limit: number): number[] | undefined {
    const unit = scaled(query.values);
    const signs = this.#load(query.model, unit.length);
    if (signs.count === 0) return undefined;
    const mayFind = signs.owners.map((owner) => owner === null || owners.has(owner));
    const bits = signBits(unit);
    const near = closest(signs, bits, mayFind);
    const read = this.#database.prepare("SELECT vector FROM vectors WHERE chunk = ?");
    return near
      .flatMap((chunk) => {
        const row = read.get(chunk);
        if (row === undefined) return [];
        return [{ chunk, likeness: product(unit, floats(bytes(row, "vector"))) }];
      })
      .toSorted((left, right) => right.likeness - left.likeness)
      .slice(0, limit)
      .map(({ chunk }) => chunk);
  }

  #drop(where: string, ...values: Array<string | number>): void {
    const gone = `SELECT chunk FROM signs WHERE ${where}`;
    this.#database.prepare(`DELETE FROM vectors WHERE chunk IN (${gone})`).run(...values);
    const { changes } = this.#database.prepare(`DELETE FROM signs WHERE ${where}`).run(...values);
    if (Number(changes) === 0) return;
    this.#signs = undefined;
    this.#complete = { model: "", upTo: 0 };
  }

  #load(model: string, dimensions: number): Signs {
    const kept = this.#signs;
    const isKept = kept?.model === model && kept.dimensions === dimensions;
    if (isKept && this.#fresh.size === 0) return kept;
    const signs = isKept ? kept : new Signs(model, dimensions);
    const only = isKept ? "AND signs.chunk IN (SELECT value FROM json_each(?))" : "";
    const rows = this.#database
      .prepare(
        `SELECT signs.chunk AS chunk, owner, bits FROM signs JOIN chunks ON chunks.id = signs.chunk
           JOIN documents ON documents.id = chunks.document WHERE model = ? AND dimensions = ? ${only}`,
      )
      .all(model, dimensions, ...(isKept ? [JSON.stringify([...this.#fresh])] : []));
    signs.add(rows);
    this.#signs = signs;
    this.#fresh.clear();
    return signs;
  }
}

function grown<T extends Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** The chunks whose signs differ least, at most `comparedMax`: counted by distance, so that nothing is sorted. */
function closest(signs: Signs, bits: Uint32Array, mayFind: readonly boolean[]): number[] {
  const { count, chunks, ownerOf, dimensions } = signs;
  const hidden = dimensions + 1;
  const distances = new Uint16Array(count).fill(hidden);
  const counts = new Uint32Array(hidden);
  for (let index = 0; index < count; index += 1) {
    if (mayFind[ownerOf[index] ?? 0] !== true) continue;
    const distance = differingSigns(bits, signs.bits, index * bits.length);
    distances[index] = distance;
    counts[distance] = (counts[distance] ?? 0) + 1;
  }
  let farthest = 0;
  for (let sum = 0; farthest < dimensions; farthest += 1) {
    sum += counts[farthest] ?? 0;
    if (sum >= comparedMax) break;
  }
  const near: number[] = [];
  // Those at the farthest distance come last, as many as there is room for.
  for (const isRim of [false, true])
    for (let index = 0; index < count && near.length < comparedMax; index += 1) {
      const distance = distances[index] ?? hidden;
      if (isRim ? distance === farthest : distance < farthest) near.push(chunks[index] ?? 0);
    }
  return near;
}

const floats = (data: Uint8Array): Float32Array => new Float32Array(data.slice().buffer);
