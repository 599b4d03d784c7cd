import type { ChatServer } from "./choose-backend.ts";
import type { Notice } from "./notices.ts";

export interface NodeOptions {
  /** The node's own folder; made when it is missing. */
  readonly home: string;
  /** Wins over `listen.port`; 0 takes a free one. */
  readonly port?: number | undefined;
  /** `auto`, `none`, or a model server's address. */
  readonly backend?: string | undefined;
  readonly model?: string | undefined;
  readonly version: string;
  /** The language of commands' texts where the configuration says `auto`. */
  readonly language?: "en" | "ru";
  readonly onNotice?: (notice: Notice) => void;
  /** Asks a person which of several model servers to take. */
  readonly chooseBackend?: (found: readonly ChatServer[]) => Promise<number>;
  /** For tests: checks every answer against the contract. */
  readonly checkResponses?: boolean;
  /** For tests that must be able to fail: external text is treated as the node's own. */
  readonly isUnguarded?: boolean;
  /** For measurements: milliseconds each commit is held, as a slow disk would. */
  readonly commitDelayMs?: number;
  /** For tests: milliseconds a search waits for an index that is behind. */
  readonly indexWaitMsMax?: number;
  /** For tests: milliseconds a stop waits for the disk. */
  readonly stopMsMax?: number;
}

/** Disposing rejects with `StopError` when the disk hangs: the process should end then, with a failure. */
export interface RunningNode extends AsyncDisposable {
  readonly home: string;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly tokenFile: string;
}
