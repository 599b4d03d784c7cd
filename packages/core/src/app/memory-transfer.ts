import {
  type ExportItem,
  type ExportLine,
  exportVersion,
  type ImportReport,
  type ImportRequest,
  Tier,
} from "@adyton/protocol";
import { chainedHash } from "@adyton/runtime/line-chain";
import type { Principal, StreamSink } from "../ports/http.ts";
import type { RecordsPort, StatePort } from "../ports/journal.ts";
import type { Blocks } from "./blocks.ts";
import { breath } from "./breath.ts";
import { wordsOf } from "./document-record.ts";
import { checkedLines } from "./export-lines.ts";
import { FactWords, readWords } from "./fact-words.ts";
import type { Facts } from "./facts.ts";
import { manualAuthor } from "../domain/search/search-contract.ts";
import type { Memory } from "./memory.ts";

export interface MemoryTransferOptions {
  readonly records: RecordsPort;
  readonly state: StatePort;
  readonly memory: Memory;
  readonly facts: Facts;
  readonly blocks: Blocks;
  readonly now: () => number;
}

/** Rows read with one step; their words are read one by one. */
const stepRows = 50;

type Item<K extends ExportItem["kind"]> = Extract<ExportItem, { readonly kind: K }>;

/**
 * Memory as lines, out and in. Each line's hash covers the lines before it, so a change is found at its line, and a cut
 * by the manifest that is missing. What is exported says the same on every node: no ids, no numbers of the journal.
 */
export class MemoryTransfer {
  readonly #options: MemoryTransferOptions;

  constructor(options: MemoryTransferOptions) {
    this.#options = options;
  }

  /** Writes a person's memory as lines, one at a time, as fast as they are taken. */
  async export(sink: StreamSink, by: Principal): Promise<void> {
    const counts = { document: 0, fact: 0, block: 0 };
    let [line, hash] = [0, ""];
    const send = async (item: ExportItem): Promise<boolean> => {
      line += 1;
      hash = chainedHash(hash, item);
      const isTaken = sink.send({ data: { line, hash, item } satisfies ExportLine });
      await sink.drained();
      return isTaken;
    };
    await send({ kind: "header", format: "adyton-memory", version: exportVersion });
    for await (const item of this.#items(by)) {
      counts[item.kind] += 1;
      if (!(await send(item))) return;
    }
    const { document: documents, fact: facts, block: blocks } = counts;
    await send({ kind: "manifest", lines: line, documents, facts, blocks });
  }

  async *#items(by: Principal): AsyncGenerator<Item<"document" | "fact" | "block">> {
    yield* this.#documents(by);
    yield* this.#facts(by);
    for (const { name, text } of this.#options.blocks.list(by.person))
      yield { kind: "block", name, text };
  }

  /** What a person finds, the manual left out. */
  async *#documents({ person }: Principal): AsyncGenerator<Item<"document">> {
    const { state, records, now } = this.#options;
    for (let after = 0; ;) {
      const rows = state.documentsAfter(after, stepRows);
      for (const row of rows) {
        after = row.seq;
        const isVisible = row.owner === null || row.owner === person;
        const holds = row.expires === null || row.expires > now();
        if (!isVisible || !holds || row.ingested_by === manualAuthor) continue;
        const words = wordsOf(records.record(row.seq));
        if (words === undefined) continue;
        yield {
          kind: "document",
          ...words,
          mediaType: row.media_type,
          shared: row.owner === null,
          ...(row.expires === null ? {} : { expiresAt: iso(row.expires) }),
          ...(row.original_sha256 === null ? {} : { originalSha256: row.original_sha256 }),
          tier: row.tier,
          ingestedBy: row.ingested_by,
          addedAt: iso(row.time),
        };
      }
      if (rows.length < stepRows) return;
      await breath();
    }
  }

  /** A person's own facts with the times they were told with: on import one takes the other's place again. */
  async *#facts({ person }: Principal): AsyncGenerator<Item<"fact">> {
    const { state, records } = this.#options;
    for (let after = 0; ;) {
      const rows = state.facts.after(after, stepRows);
      for (const row of rows) {
        after = row.seq;
        const words = row.owner === person ? readWords(records, row.seq, FactWords) : undefined;
        if (words === undefined) continue;
        const { subject, attribute, value } = words;
        yield {
          kind: "fact",
          subject,
          attribute,
          value,
          validFrom: iso(row.valid_from),
          ...(row.valid_to === null ? {} : { validTo: iso(row.valid_to) }),
          confidence: row.confidence,
          shared: row.shared === 1,
          tier: Tier.parse(row.tier),
          source: row.source,
          recordedAt: iso(row.recorded),
        };
      }
      if (rows.length < stepRows) return;
      await breath();
    }
  }

  /**
   * Takes over lines. All of them are checked before the first is taken. Throws `ProblemError`: `invalid_body` with the
   * number of the line that does not fit, `conflict` for a block too many, or the journal's.
   */
  async import({ after, lines }: ImportRequest, by: Principal): Promise<ImportReport> {
    const checked = checkedLines(lines, after);
    const count = { added: 0, unchanged: 0, none: 0 };
    for (const { item } of checked) count[await this.#take(item, by)] += 1;
    if (count.added > 0) await this.#options.memory.index.soon();
    const { added, unchanged } = count;
    const last = checked.at(-1);
    return {
      added,
      unchanged,
      line: last?.line ?? 0,
      hash: last?.hash ?? "",
      complete: last?.item.kind === "manifest",
    };
  }

  async #take(item: ExportItem, by: Principal): Promise<"added" | "unchanged" | "none"> {
    const { memory, facts, blocks } = this.#options;
    switch (item.kind) {
      case "document": {
        const { kind: _kind, tier, ingestedBy, addedAt, ...request } = item;
        const first = { by: ingestedBy, tier, ms: Date.parse(addedAt) };
        const document = { ...request, external: tier === "external" };
        return (await memory.carryOver(document, first, by)) ? "added" : "unchanged";
      }
      case "fact": {
        const { kind: _kind, tier, source, recordedAt, ...request } = item;
        const said = { source, tier };
        const recordedMs = Date.parse(recordedAt);
        const { kind } = await facts.store({ request, person: by.person, by, said, recordedMs });
        return kind === "stored" ? "added" : "unchanged";
      }
      case "block": {
        const { name, text } = item;
        const former = blocks.list(by.person).find((each) => each.name === name);
        await blocks.save({ name, text }, by);
        return former?.text === text ? "unchanged" : "added";
      }
      case "header":
      case "manifest":
        return "none";
    }
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
