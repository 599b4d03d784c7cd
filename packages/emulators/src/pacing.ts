import { setTimeout as delay } from "node:timers/promises";

/** The longest single wait; a longer one asked for becomes this. */
const waitMsMax = 600_000;

export interface Pacing {
  readonly firstTokenDelayMs: number;
  readonly tokenDelayMs: number;
}

/** Waits, or returns early when the client goes away. True when the client is still there. */
export async function wait(delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  if (delayMs <= 0) return true;
  try {
    await delay(Math.min(delayMs, waitMsMax), undefined, { signal });
    return true;
  } catch {
    // The only way to fail is the signal: the client has gone and nothing is left to send.
    return false;
  }
}
