import { EmulatorError } from "./emulator-error.ts";
import type { Endpoint } from "./fault.ts";

export const recordedRequestsMaxDefault = 1_000;
export const recordedBytesMax = 64 * 1024 * 1024;

/** One request as it came in. Header values are kept except those that authorize. */
export interface RecordedRequest {
  readonly index: number;
  readonly endpoint: Endpoint;
  /** Counts the calls of this endpoint from 0; chat and responses share one count. −1 when the key was refused. */
  readonly callIndex: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The parsed JSON body, or the recording of a form; null when there was none or it was neither. */
  readonly body: unknown;
  readonly bodyBytes: number;
  readonly atMs: number;
}

interface Waiter {
  readonly count: number;
  readonly endpoint: Endpoint | undefined;
  readonly resolve: () => void;
}

/**
 * The last requests, oldest dropped first beyond a number of requests or 64 MiB of bodies. Counts go on beyond what is
 * kept, so waiting for the 5 000th request works with a journal of 1 000.
 */
export class RequestJournal {
  readonly #requestsMax: number;
  readonly #requests: RecordedRequest[] = [];
  readonly #seen = new Map<Endpoint, number>();
  readonly #waiters = new Set<Waiter>();
  #seenTotal = 0;
  #bytes = 0;

  constructor(requestsMax: number) {
    this.#requestsMax = requestsMax;
  }

  get requests(): readonly RecordedRequest[] {
    return [...this.#requests];
  }

  get seenTotal(): number {
    return this.#seenTotal;
  }

  /** False when nothing is kept, so that a caller need not collect the details. */
  get isRecording(): boolean {
    return this.#requestsMax > 0;
  }

  count(endpoint: Endpoint): void {
    this.#seenTotal += 1;
    this.#seen.set(endpoint, (this.#seen.get(endpoint) ?? 0) + 1);
    for (const waiter of this.#waiters) {
      if (this.#seenBy(waiter.endpoint) >= waiter.count) waiter.resolve();
    }
  }

  keep(request: RecordedRequest): void {
    this.#requests.push(request);
    this.#bytes += request.bodyBytes;
    while (this.#requests.length > this.#requestsMax || this.#bytes > recordedBytesMax) {
      const oldest = this.#requests.shift();
      if (oldest === undefined) break;
      this.#bytes -= oldest.bodyBytes;
    }
  }

  clear(): void {
    this.#requests.length = 0;
    this.#bytes = 0;
    this.#seenTotal = 0;
    this.#seen.clear();
  }

  /** Resolves once `count` requests have come since the start or `clear()`; throws `timed_out` after `timeoutMs`. */
  async waitFor(count: number, timeoutMs: number, endpoint?: Endpoint): Promise<void> {
    if (this.#seenBy(endpoint) >= count) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { count, endpoint, resolve };
    this.#waiters.add(waiter);
    const timer = setTimeout(() => {
      const seen = this.#seenBy(endpoint);
      reject(
        new EmulatorError("timed_out", `${seen} of ${count} requests came within ${timeoutMs} ms`),
      );
    }, timeoutMs);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  #seenBy(endpoint: Endpoint | undefined): number {
    return endpoint === undefined ? this.#seenTotal : (this.#seen.get(endpoint) ?? 0);
  }
}

/** Header values for the journal; what authorizes is replaced by a mark. */
export function recordableHeaders(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    const isSecret = name === "authorization" || name === "cookie" || name.endsWith("api-key");
    kept[name] = isSecret ? "[secret]" : String(value);
  }
  return kept;
}
