import type { IndexCensus } from "../domain/search/search-contract.ts";

export interface InspectedIndex extends Omit<IndexCensus, "vectors"> {
  /** Those that rightly have none included; `null` where none are made, or some are still to be made. */
  readonly vectors: number | null;
}

/** What a self-check asks of the node's files and threads. Nothing here changes anything. */
export interface NodeInspection {
  /** `unfinished`: the journal is too large to be looked through in the time there is. */
  quickCheck(): Promise<"ok" | "damaged" | "unfinished">;
  census(): Promise<InspectedIndex>;
  /** When the newest backup was made; `undefined` where there is none. */
  newestBackupMs(): Promise<number | undefined>;
  /** The hash of the configuration that a start would read now, or `invalid` where it would refuse it. */
  configFileHash(): Promise<string>;
  /** Groups of records that were refused for the disk's sake since the start. */
  readonly refused: number;
  /** Replies that have been owed through a channel for longer than any retry should take. */
  deadLetters(nowMs: number): number;
  /** The names of messengers' doors that do not work. */
  closedDoors(): readonly string[];
  /** Whether a word is the owner's token, another token of the node, or a key of a model server. */
  isOwnSecret(word: string): boolean;
}
