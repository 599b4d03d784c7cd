import type { Clock } from "@adyton/runtime/clock";
import { backoffDelayMs } from "@adyton/runtime/retry";
import { Places } from "@adyton/runtime/places";
import type { TelegramClient } from "./telegram-client.ts";
import { type TelegramFailure, troubleOf } from "./trouble.ts";

export type Fetched =
  | { readonly kind: "fetched"; readonly bytes: Buffer }
  /** Telegram hands bots no file of this size, or has it no more, or did not give it in time. */
  | { readonly kind: "too_large" | "gone" | "unreachable" };

export interface FetchOptions {
  readonly client: () => Pick<TelegramClient, "file">;
  readonly clock: Clock;
}

/** Files that are on their way at once, whoever's they are. The others wait. */
export const fetchesAtOnceMax = 4;
/** From the first try until the last one may begin. */
export const fetchMsMax = 300_000;
const backoff = { baseMs: 500, capMs: 15_000 };

/** Fetches files that Telegram keeps, with patience: whoever sent one cannot be answered before the way is free either. */
export class FileFetcher {
  readonly #options: FetchOptions;
  readonly #places = new Places(fetchesAtOnceMax);

  constructor(options: FetchOptions) {
    this.#options = options;
  }

  /** Rejects only with the signal's reason. */
  fetch(id: string, signal: AbortSignal): Promise<Fetched> {
    return this.#places.within(() => this.#insist(id, signal), signal);
  }

  async #insist(id: string, signal: AbortSignal): Promise<Fetched> {
    const { client, clock } = this.#options;
    const untilMs = clock.monotonicMs() + fetchMsMax;
    for (let failures = 1; ; failures += 1) {
      const result = await client().file(id, signal);
      if (result.kind === "done") return { kind: "fetched", bytes: result.value };
      if (result.kind === "missing") return { kind: "gone" };
      const end = endOf(result.failure);
      if (end !== undefined) return { kind: end };
      const { kind, retryAfterMs } = result.failure;
      const waitMs = kind === "limited" ? retryAfterMs : backoffDelayMs(failures, backoff);
      if (clock.monotonicMs() + waitMs > untilMs) return { kind: "unreachable" };
      await clock.sleep(waitMs, signal);
    }
  }
}

/** What a refusal means for good; nothing for what may pass, such as a token that is about to be changed. */
function endOf(failure: TelegramFailure): "too_large" | "gone" | undefined {
  if (failure.kind !== "refused" || troubleOf(failure) === "token") return undefined;
  return /too big|too large/iu.test(failure.words) ? "too_large" : "gone";
}
