import {
  type Block,
  type BlockRequest,
  blocksMax,
  type BlockVersions,
  blockVersionsMax,
  problem,
  Tier,
} from "@adyton/protocol";
import * as z from "zod";
import { type DedupeKey, factsByType } from "../domain/journal/record.ts";
import type { PinnedBlock } from "../domain/context/system-message.ts";
import { lineDiff } from "../domain/memory/line-diff.ts";
import { ProblemError } from "../domain/problem-error.ts";
import { normalise } from "../domain/search/normalise.ts";
import type { Principal } from "../ports/http.ts";
import type {
  BlockState,
  JournalPort,
  JournalRecord,
  RecordsPort,
  StatePort,
} from "../ports/journal.ts";
import { mismatch } from "./idempotency.ts";
import { keyedDigest, newId } from "./identifiers.ts";
import { OneByOne } from "./one-by-one.ts";

export interface BlocksOptions {
  readonly journal: JournalPort;
  readonly records: RecordsPort;
  readonly state: StatePort;
  readonly dedupeKey: Uint8Array;
  readonly countTokens: (text: string) => number;
}

const BlockWords = z.object({ name: z.string(), text: z.string() });
const SavedFacts = factsByType["memory.block.saved"];
/** People whose blocks are held in memory; the one held for longest goes first. */
const peopleMax = 1_024;

/**
 * Pinned blocks: short texts of a person that go along with each of its turns. Every turn asks for them, so they are
 * held; only this process writes to the journal.
 */
export class Blocks {
  readonly #options: BlocksOptions;
  readonly #changes = new OneByOne();
  readonly #pinned = new Map<string, readonly PinnedBlock[]>();

  constructor(options: BlocksOptions) {
    this.#options = options;
  }

  /** The blocks of a person, oldest first. */
  of(person: string): readonly PinnedBlock[] {
    const known = this.#pinned.get(person);
    if (known !== undefined) return known;
    const pinned = this.#rows(person).flatMap((row) => {
      const words = this.#words(row.seq);
      return words === undefined ? [] : [{ id: row.id, tier: Tier.parse(row.tier), ...words }];
    });
    const [oldest] = this.#pinned.keys();
    if (this.#pinned.size >= peopleMax && oldest !== undefined) this.#pinned.delete(oldest);
    this.#pinned.set(person, pinned);
    return pinned;
  }

  /** A person's blocks were changed behind this one's back. */
  changed(person: string): void {
    this.#pinned.delete(person);
  }

  /** Payloads were erased: what is pinned is read again from what is left. */
  forgetWords(): void {
    this.#pinned.clear();
  }

  list(person: string): readonly Block[] {
    return this.#rows(person).map((row) => this.#describe(row));
  }

  /**
   * Pins a text under a name, or changes it; the same text changes nothing. Throws `ProblemError`: `conflict` when as many
   * are pinned as may, `idempotency_mismatch`, or the journal's.
   */
  save(request: BlockRequest, by: Principal, dedupe?: DedupeKey): Promise<Block> {
    return this.#changes.run(by.person, async () => {
      const { name, text } = request;
      const nameKey = blockKey(this.#options.dedupeKey, name);
      const rows = this.#rows(by.person);
      const former = rows.find((row) => row.name_key === nameKey);
      if (former === undefined && rows.length >= blocksMax) {
        const detail = `There are ${blocksMax} blocks already; remove one first.`;
        throw new ProblemError(problem("conflict", { detail }));
      }
      if (former !== undefined && this.#words(former.seq)?.text === text)
        return this.#describe(former);
      const id = former?.id ?? newId("blk");
      const outcome = await this.#options.journal.append({
        records: [
          {
            ...recordBy(by),
            type: "memory.block.saved",
            cause: former?.seq,
            facts: { block: id, nameKey, version: (former?.version ?? 0) + 1, chars: text.length },
            data: { name, text },
          },
        ],
        dedupe,
        resultOf: dedupe?.key,
      });
      if (outcome.kind === "duplicate" && !outcome.same) throw mismatch();
      this.changed(by.person);
      return this.#describe(this.#require(name, by));
    });
  }

  /** The block as a record saved it. */
  savedBy(record: JournalRecord): Block {
    const { version } = SavedFacts.parse(record.facts);
    return this.#told(BlockWords.parse(record.data), { ...record, version });
  }

  /** Unpins a block. Throws `ProblemError` `not_found`. */
  remove(name: string, by: Principal): Promise<Block> {
    return this.#changes.run(by.person, async () => {
      const row = this.#require(name, by);
      const removed = this.#describe(row);
      await this.#options.journal.append({
        records: [
          {
            ...recordBy(by),
            type: "memory.block.removed",
            cause: row.seq,
            facts: { block: row.id },
          },
        ],
      });
      this.changed(by.person);
      return removed;
    });
  }

  /** The newest versions of a block, each with what changed in it. Throws `ProblemError` `not_found`. */
  versions(name: string, by: Principal): BlockVersions {
    const records = this.#chain(this.#require(name, by).seq);
    const texts = records.map(({ data }) => BlockWords.safeParse(data).data?.text ?? null);
    const versions = records.slice(0, blockVersionsMax).map((record, index) => {
      const text = texts[index] ?? null;
      const before = texts[index + 1] ?? "";
      return {
        version: SavedFacts.parse(record.facts).version,
        seq: record.seq,
        changedAt: new Date(record.timeMs).toISOString(),
        changedBy: record.actor,
        text,
        diff: text === null ? [] : [...lineDiff(before, text)],
      };
    });
    return { name, versions, more: records.length > blockVersionsMax };
  }

  /** The records of a block's versions, newest first: as many as are listed, and one to compare the last of them with. */
  #chain(newest: number): readonly JournalRecord[] {
    const chain: JournalRecord[] = [];
    for (let seq: number | null = newest; seq !== null && chain.length <= blockVersionsMax;) {
      const record: JournalRecord | undefined = this.#options.records.record(seq);
      if (record === undefined) break;
      chain.push(record);
      seq = record.cause;
    }
    return chain;
  }

  #rows(person: string): readonly BlockState[] {
    return this.#options.state.facts.blocks(person);
  }

  #require(name: string, by: Principal): BlockState {
    const nameKey = blockKey(this.#options.dedupeKey, name);
    const row = this.#rows(by.person).find((each) => each.name_key === nameKey);
    if (row === undefined) throw new ProblemError(problem("not_found"));
    return row;
  }

  #words(seq: number): z.infer<typeof BlockWords> | undefined {
    return BlockWords.safeParse(this.#options.records.record(seq)?.data).data;
  }

  #describe(row: BlockState): Block {
    const words = this.#words(row.seq) ?? { name: "", text: "" };
    return this.#told(words, { ...row, timeMs: row.changed });
  }

  #told(
    { name, text }: z.infer<typeof BlockWords>,
    at: { readonly version: number; readonly seq: number; readonly timeMs: number },
  ): Block {
    return {
      name,
      text,
      version: at.version,
      tokens: this.#options.countTokens(text),
      seq: at.seq,
      changedAt: new Date(at.timeMs).toISOString(),
    };
  }
}

/** The digest under which a block is looked up by its name. */
export function blockKey(key: Uint8Array, name: string): string {
  return keyedDigest(key, "block", normalise(name)).toString("base64url");
}

function recordBy({ person: owner, id: actor, tier }: Principal) {
  return { origin: "node", class: "record", owner, actor, tier } as const;
}
