import type { Callers, Operations } from "../../ports/operations.ts";
import type { Resumptions } from "./resumptions.ts";
import type { SocketLimits } from "./socket-limits.ts";

/** What all sessions of a node share. */
export interface SocketContext {
  readonly operations: Operations;
  readonly callers: Callers;
  readonly limits: SocketLimits;
  readonly resumptions: Resumptions;
  /** Counts a client that did not keep up. */
  tooSlow(): void;
}
