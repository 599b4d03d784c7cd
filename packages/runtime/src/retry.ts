import type { Clock } from "./clock.ts";

export interface Backoff {
  /** Upper bound of the first delay; doubles with every attempt. */
  readonly baseMs: number;
  /** Upper bound of every delay. */
  readonly capMs: number;
}

/** Uniform in [0, 1), as `Math.random`. */
export type Random = () => number;

/**
 * The delay after failure number `attempt` (from 1): uniform between 0 and min(cap, base · 2^(attempt − 1)).
 * Full jitter spreads clients that failed together best; source: Marc Brooker, "Exponential Backoff And Jitter",
 * AWS Architecture Blog, 2015.
 */
export function backoffDelayMs(
  attempt: number,
  backoff: Backoff,
  random: Random = Math.random,
): number {
  const boundMs = Math.min(backoff.capMs, backoff.baseMs * 2 ** Math.min(attempt - 1, 52));
  return Math.floor(random() * boundMs);
}

const httpDate =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * Milliseconds asked for by a `Retry-After` header (RFC 9110 §10.2.3): whole seconds or an HTTP date, never negative
 * and never over `maxMs`. `undefined` when the header is absent or not understood.
 */
export function retryAfterMs(
  header: string | null | undefined,
  { nowMs, maxMs }: { readonly nowMs: number; readonly maxMs: number },
): number | undefined {
  const text = header?.trim() ?? "";
  const askedMs = /^\d+$/.test(text)
    ? Number(text) * 1_000
    : httpDate.test(text)
      ? Date.parse(text) - nowMs
      : Number.NaN;
  return Number.isNaN(askedMs) ? undefined : Math.min(Math.max(0, askedMs), maxMs);
}

/** What one attempt came to. `afterMs` is the other side's wish and replaces a shorter backoff. */
export type Attempt<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "again"; readonly error: unknown; readonly afterMs?: number | undefined };

export type RetryOutcome<T> =
  | { readonly kind: "done"; readonly value: T; readonly attempts: number }
  | { readonly kind: "gave_up"; readonly error: unknown; readonly attempts: number };

export interface RetryOptions {
  readonly attemptsMax: number;
  readonly backoff: Backoff;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly random?: Random;
}

/**
 * Makes up to `attemptsMax` attempts. What `attempt` throws is not retried and passes through: only it knows which
 * failures are worth repeating. Rejects with the signal's reason when aborted between attempts.
 */
export async function retry<T>(
  attempt: (number: number) => Promise<Attempt<T>>,
  { attemptsMax, backoff, clock, signal, random }: RetryOptions,
): Promise<RetryOutcome<T>> {
  for (let number = 1; ; number += 1) {
    signal?.throwIfAborted();
    const outcome = await attempt(number);
    if (outcome.kind === "done") return { kind: "done", value: outcome.value, attempts: number };
    if (number >= attemptsMax) return { kind: "gave_up", error: outcome.error, attempts: number };
    const delayMs = backoffDelayMs(number, backoff, random);
    await clock.sleep(Math.max(delayMs, outcome.afterMs ?? 0), signal);
  }
}
