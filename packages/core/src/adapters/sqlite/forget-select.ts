import { createHash } from "node:crypto";
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { type ForgetCounts, forgetTitlesMax } from "@adyton/protocol";
import { Parts, Passages, partsOf } from "../../domain/forgetting/passages.ts";
import { normalise } from "../../domain/search/normalise.ts";
import type { ForgetQuery, ForgetSelected } from "../../ports/forgetting.ts";
import { openForReading } from "./database.ts";
import { lastRecord } from "./journal-writer.ts";
import { readInPieces } from "./read-in-pieces.ts";
import { SeqSet } from "./seq-set.ts";

/**
 * Which payloads forgetting takes. Three walks over the records there are when it begins: what is meant; what follows from it
 * by its cause; what quotes it. What the node or a model made is taken when it holds a passage of what people or the world
 * said. What people said themselves is not, unless it names what goes: to take it they select by the text.
 */

/** Bytes of words that are looked for elsewhere, and afterwards in the raw files; what is over it is erased all the same. */
const wordsBytesMax = 32 * 1024 * 1024;
const titleCharsMax = 80;

/** Said by people or the world. Everything else of the node's was made of that. */
const originals: ReadonlySet<string> = new Set([
  "turn.received",
  "memory.document.added",
  "memory.fact.stored",
  "memory.fact.proposed",
  "memory.block.saved",
  "overlay.added",
]);
const kinds: Readonly<Record<string, keyof ForgetCounts>> = {
  "turn.received": "questions",
  "turn.answered": "answers",
  "run.step": "steps",
  "overlay.added": "intents",
  "memory.fact.stored": "facts",
  "memory.fact.proposed": "facts",
  "memory.block.saved": "blocks",
};
/** Facts of a header by which a record belongs to another, besides its cause. */
const kinships = ["sourceKey", "block", "proposal", "delivery"] as const;
const none: ForgetCounts = {
  documents: 0,
  facts: 0,
  blocks: 0,
  questions: 0,
  answers: 0,
  steps: 0,
  intents: 0,
  events: 0,
  others: 0,
};
/** Plans and receipts hold numbers of records and names of backups alone. */
const ownTypes = "'memory.forgetting', 'memory.forgotten'";

interface Header {
  readonly seq: number;
  readonly origin: string;
  readonly type: string;
  readonly owner: string;
  readonly conversation: string | null;
  readonly cause: number | null;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Chooses. Throws what SQLite throws. */
export function selectForgetting(file: string, query: ForgetQuery): ForgetSelected {
  const database = openForReading(file);
  try {
    return new Selection(database, query).run();
  } finally {
    database.close();
  }
}

class Selection {
  readonly #database: DatabaseSync;
  readonly #query: ForgetQuery;
  /** What is written meanwhile is not looked at: whoever erases chooses again when nothing more can come of it. */
  readonly #lastSeq: number;
  readonly #given = new SeqSet();
  readonly #chosen = new SeqSet();
  readonly #conversations = new Set<string>();
  /**
   * By what the other versions of a chosen document or block, the proposal of a chosen fact, and what a chosen question brought
   * along are known.
   */
  readonly #kin = new Set<unknown>();
  readonly #runs = new Set<string>();
  readonly #named = new Set<string>();
  #elsewhere = 0;

  constructor(database: DatabaseSync, query: ForgetQuery) {
    this.#database = database;
    this.#query = query;
    this.#lastSeq = lastRecord(database)?.seq ?? 0;
    for (const [from, to] of query.ranges ?? [])
      for (let seq = from; seq <= to; seq += 1) this.#given.add(seq);
  }

  run(): ForgetSelected {
    this.#choose();
    const direct = this.#chosen.count;
    this.#findBrought();
    this.#follow();
    this.#quoting();
    return {
      ...this.#told(),
      conversations: [...this.#conversations],
      derived: this.#chosen.count - direct,
      elsewhere: this.#elsewhere,
      ranges: [...this.#chosen.without(new SeqSet())],
    };
  }

  /** What the query itself means. */
  #choose(): void {
    const { text, source } = this.#query;
    const looksInside = text !== undefined || source !== undefined;
    const wanted = text === undefined ? undefined : folded(text);
    const column = looksInside ? "p.data" : "''";
    for (const { header, data } of this.#walk(column, { owner: true, times: true })) {
      if (!this.#isMeant(header)) continue;
      if (looksInside) {
        const value: unknown = JSON.parse(String(data));
        if (source !== undefined && field(value, "source") !== source) continue;
        if (wanted !== undefined && !texts(value).some((each) => folded(each).includes(wanted)))
          continue;
      }
      this.#take(header);
    }
  }

  /** What the node brought along itself, such as its manual, is meant by its id alone. */
  #isMeant({ seq, conversation, owner, facts }: Header): boolean {
    const query = this.#query;
    const isById = query.ranges !== undefined || query.document !== undefined;
    return (
      (isById || owner !== "node") &&
      (query.conversation === undefined || conversation === query.conversation) &&
      (query.document === undefined || facts["document"] === query.document) &&
      (query.fact === undefined || [facts["fact"], facts["proposal"]].includes(query.fact)) &&
      (query.blockKey === undefined || facts["nameKey"] === query.blockKey) &&
      (query.subjectKey === undefined || facts["subjectKey"] === query.subjectKey) &&
      (query.run === undefined || facts["run"] === query.run) &&
      (query.ranges === undefined || this.#given.has(seq))
    );
  }

  #take(header: Header): void {
    const { seq, type, conversation, facts } = header;
    this.#chosen.add(seq);
    if (conversation !== null) this.#conversations.add(conversation);
    if (type === "turn.received") this.#runs.add(String(facts["run"]));
    // Every version goes of a document that is chosen itself; of one chosen by its words, those with the words.
    if (this.#query.document !== undefined) this.#kin.add(facts["sourceKey"]);
    if (type.startsWith("memory.fact.")) this.#kin.add(facts["proposal"]);
    for (const name of ["run", "document", "fact"]) {
      const id = facts[name];
      if (typeof id === "string" && type !== "run.step") this.#named.add(id);
    }
  }

  /** What a question brought along through a channel was written down before there was a question. */
  #findBrought(): void {
    if (this.#runs.size === 0) return;
    const noted = this.#database.prepare(
      `SELECT facts ->> 'delivery' AS delivery, facts ->> 'run' AS run FROM event
       WHERE type = 'delivery.noted' AND origin = 'node' AND seq <= ?`,
    );
    for (const { delivery, run } of noted.iterate(this.#lastSeq))
      if (this.#runs.has(String(run))) this.#kin.add(delivery);
  }

  /** What was made of the chosen, each after its cause: answers, failures, steps; and what is kin to it. */
  #follow(): void {
    this.#kin.delete(undefined);
    this.#kin.delete(null);
    for (const { header } of this.#walk("''"))
      if (this.#isEffect(header) || kinships.some((name) => this.#kin.has(header.facts[name])))
        this.#take(header);
  }

  /** A block's version follows the one before it, and is no effect of it. */
  #isEffect({ cause, type }: Header): boolean {
    return cause !== null && type !== "memory.block.saved" && this.#chosen.has(cause);
  }

  /** What people and the world said of it. */
  #said(): Uint8Array {
    const said = new Parts();
    if (this.#query.text !== undefined) said.add(this.#query.text);
    for (const { header, data } of this.#chosenRows()) {
      if (!isOriginal(header)) continue;
      const value: unknown = JSON.parse(data);
      const own = [field(value, "text"), field(value, "value")];
      for (const text of header.origin === "outside" ? texts(value) : own)
        said.add(text, wordsBytesMax);
    }
    return said.bytes();
  }

  /** What was made of the chosen words elsewhere, and what names what goes. */
  #quoting(): void {
    const quoted = new Passages(this.#said());
    const named = new Passages(partsOf(this.#named));
    if (quoted.isEmpty && named.isEmpty) return;
    const causeData = this.#database.prepare(
      "SELECT CAST(data AS BLOB) AS data FROM payload WHERE seq = ?",
    );
    for (const { header, data } of this.#walk("CAST(p.data AS BLOB)", { owner: true })) {
      if (this.#chosen.has(header.seq) || !(data instanceof Uint8Array)) continue;
      // What was made of a question that is taken for naming one stands behind it.
      if (this.#isEffect(header) || named.occursIn(data)) this.#take(header);
      else if (!quoted.occursIn(data)) continue;
      else if (isOriginal(header)) this.#elsewhere += 1;
      else {
        // An answer that repeats its own question says nothing of another's.
        const cause = header.cause === null ? undefined : causeData.get(header.cause)?.["data"];
        if (!(cause instanceof Uint8Array && quoted.occursIn(cause))) this.#take(header);
      }
    }
  }

  #told(): Omit<ForgetSelected, "ranges" | "conversations" | "derived" | "elsewhere"> {
    const counts: Record<keyof ForgetCounts, number> = { ...none };
    const sources = new Set<string>();
    const entries: string[] = [];
    const pinnedFor = new Set<string>();
    const titles: ForgetSelected["titles"][number][] = [];
    const erased = new Parts();
    const digest = createHash("sha256");
    const shownDigest = createHash("sha256");
    const inMemory = this.#inMemory();
    const unfinished = this.#unfinished();
    for (const { header, data } of this.#chosenRows()) {
      const { seq, type, owner, facts, origin } = header;
      const value: unknown = JSON.parse(data);
      const line = `${seq}:${data}\n`;
      digest.update(line);
      if (!unfinished.has(String(facts["run"])) && !isSaidToForget(header))
        shownDigest.update(line);
      counts[kindOf(header, sources)] += 1;
      const entry = inMemory.get(seq)?.["id"];
      if (typeof entry === "string") entries.push(entry);
      if (typeof entry === "string" && type === "memory.block.saved") pinnedFor.add(owner);
      if (titles.length < forgetTitlesMax && isOriginal(header))
        titles.push({
          seq,
          type: origin === "node" ? type : "event",
          owner,
          title: titleOf(value),
        });
      for (const text of texts(value)) erased.add(text, wordsBytesMax);
    }
    return {
      counts,
      titles,
      entries,
      pinnedFor: [...pinnedFor],
      unfinished: [...unfinished],
      digest: digest.digest("hex"),
      shownDigest: shownDigest.digest("hex"),
      words: erased.bytes(),
    };
  }

  /** What a record brought, while it is what memory holds. */
  #inMemory() {
    const tables = ["document", "fact", "proposal", "block"];
    const each = tables.map((table) => `SELECT id FROM ${table} WHERE seq = ?1`);
    return this.#database.prepare(each.join(" UNION ALL "));
  }

  #unfinished(): ReadonlySet<string> {
    const running = this.#database.prepare("SELECT 1 FROM run WHERE id = ? AND status = 'running'");
    return new Set([...this.#runs].filter((run) => running.get(run) !== undefined));
  }

  *#chosenRows(): Generator<{ header: Header; data: string }> {
    const rows = this.#database.prepare(
      `${select("p.data")} AND e.seq BETWEEN ? AND ? ORDER BY e.seq`,
    );
    for (const range of this.#chosen.without(new SeqSet()))
      for (const row of rows.iterate(...range))
        yield { header: headerOf(row), data: String(row["data"]) };
  }

  /** Every record that may go; the first walk is bounded by the query's times as well as by its owner. */
  *#walk(
    column: "p.data" | "CAST(p.data AS BLOB)" | "''",
    bounds: { readonly owner?: boolean; readonly times?: boolean } = {},
  ): Generator<{ header: Header; data: SQLOutputValue | undefined }> {
    const { owner, sinceMs, untilMs } = this.#query;
    const records = this.#database.prepare(
      `${select(column)} AND (?1 IS NULL OR e.owner = ?1) AND (?2 IS NULL OR e.time >= ?2)
         AND (?3 IS NULL OR e.time <= ?3) AND e.seq BETWEEN ?4 AND ?5 ORDER BY e.seq`,
    );
    const rows = readInPieces(
      records,
      this.#lastSeq,
      bounds.owner === true ? (owner ?? null) : null,
      bounds.times === true ? (sinceMs ?? null) : null,
      bounds.times === true ? (untilMs ?? null) : null,
    );
    for (const row of rows) yield { header: headerOf(row), data: row["data"] };
  }
}

/** Records whose words are there, with a column of theirs. */
const select = (column: string): string =>
  `SELECT e.seq, e.origin, e.type, e.owner, e.conversation, e.cause, e.facts, ${column} AS data
   FROM event e JOIN payload p USING (seq)
   WHERE p.data IS NOT NULL AND NOT (e.type IN (${ownTypes}) AND e.origin = 'node')`;

const isOriginal = ({ origin, type }: Pick<Header, "origin" | "type">): boolean =>
  origin === "outside" || originals.has(type);

/** A message that was `/forget`, or a further word to it, and nothing else. */
const isSaidToForget = ({ origin, facts }: Header): boolean =>
  origin === "node" && facts["command"] === "forget";

function headerOf(row: Record<string, SQLOutputValue>): Header {
  const facts: unknown = JSON.parse(String(row["facts"]));
  return {
    seq: Number(row["seq"]),
    origin: String(row["origin"]),
    type: String(row["type"]),
    owner: String(row["owner"]),
    conversation: typeof row["conversation"] === "string" ? row["conversation"] : null,
    cause: typeof row["cause"] === "number" ? row["cause"] : null,
    facts: typeof facts === "object" && facts !== null ? { ...facts } : {},
  };
}

/** A document counts once; its replaced versions are among the others. */
function kindOf({ origin, type, facts }: Header, sources: Set<string>): keyof ForgetCounts {
  if (origin === "outside") return "events";
  if (type !== "memory.document.added") return kinds[type] ?? "others";
  const source = String(facts["sourceKey"]);
  const isFirst = !sources.has(source);
  sources.add(source);
  return isFirst ? "documents" : "others";
}

const folded = (text: string): string => normalise(text).replaceAll(/\s+/g, " ").trim();

/** Every text in a payload. */
function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}

const field = (value: unknown, name: string): string => {
  const found: unknown =
    typeof value === "object" && value !== null ? Reflect.get(value, name) : "";
  return typeof found === "string" ? found : "";
};

function titleOf(value: unknown): string {
  const title =
    ["title", "text", "value", "source"].map((name) => field(value, name)).find(Boolean) ?? "";
  return Array.from(title.trim()).slice(0, titleCharsMax).join("");
}
