import type { ForgetCounts, HeldCopy } from "@adyton/protocol";

/** What forgetting needs of the journal's files. Everything long is done beside the writer. */

/** Closed ranges of sequence numbers, ascending. */
export type SeqRanges = readonly (readonly [from: number, to: number])[];

/** Which records are meant: those that every condition holds for. */
export interface ForgetQuery {
  /** Whose words may go; anybody's when absent. */
  readonly owner?: string | undefined;
  readonly conversation?: string | undefined;
  readonly document?: string | undefined;
  /** A fact's or a proposal's id. */
  readonly fact?: string | undefined;
  /** Digests, as the records' facts have them. */
  readonly blockKey?: string | undefined;
  readonly subjectKey?: string | undefined;
  readonly run?: string | undefined;
  readonly source?: string | undefined;
  /** As it was given. */
  readonly text?: string | undefined;
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** The records themselves: what a selection made before has chosen. */
  readonly ranges?: SeqRanges | undefined;
}

/** What a query chooses, with everything that follows from it. */
export interface ForgetSelected {
  readonly ranges: SeqRanges;
  /** What is in memory now and goes: the ids of documents, facts, proposals and blocks. */
  readonly entries: readonly string[];
  /** Whose pinned blocks are among it: each of their turns has them in view. */
  readonly pinnedFor: readonly string[];
  readonly conversations: readonly string[];
  readonly counts: ForgetCounts;
  readonly derived: number;
  readonly elsewhere: number;
  readonly titles: readonly {
    readonly seq: number;
    readonly type: string;
    readonly owner: string;
    readonly title: string;
  }[];
  /** Runs among them that have no end yet. */
  readonly unfinished: readonly string[];
  /** SHA-256 over the chosen payloads, in hex. */
  readonly digest: string;
  /**
   * The same over those that have to be what they were when they were shown: all but what runs under way have written so far,
   * which grows, and what is said to a channel's bot to forget, such as the confirmation itself.
   */
  readonly shownDigest: string;
  /** The chosen words, as `partsOf` gives them; handed over, not copied. */
  readonly words: Uint8Array;
}

export interface ForgettingPort {
  /** Reads the whole journal as long as it is then; seconds for a gigabyte. Rejects when it chooses more than may be forgotten at once. */
  select(query: ForgetQuery): Promise<ForgetSelected>;
  /** Erases payloads in place, step by step between the commits of others, and tells of it in the journal. */
  erase(ranges: SeqRanges, reason: string): Promise<void>;
  /** Whether no erased byte is left in the write-ahead log: false while a reader still holds it. */
  emptyLog(): Promise<boolean>;
  /** Bytes of the words in the raw files of the home that no surviving record holds rightly. */
  residue(words: Uint8Array): Promise<number>;
  /** The backups in the home that hold payloads of these records. */
  copies(ranges: SeqRanges): Promise<readonly HeldCopy[]>;
}
