import type { CloseReason } from "@adyton/protocol/envelopes";

/** One connection as a session sees it: whole messages out, whatever they are framed in. */
export interface Wire {
  send(text: string): void;
  /** Bytes that were sent and that the client has not taken yet. */
  readonly waitingBytes: number;
  /** Bytes the client has taken so far. */
  readonly takenBytes: number;
  /** Resolves when nothing waits any more, or the connection is closed. */
  drained(): Promise<void>;
  /** A request was answered to its end. */
  answered(): void;
  /** Ends the connection, and says why where that can be said. What waits may still be taken for a moment. */
  close(reason: CloseReason): void;
}
