import type { Clock } from "@adyton/runtime/clock";
import { backoffDelayMs } from "@adyton/runtime/retry";
import type { Update } from "grammy/types";
import type { TelegramClient, TelegramFailure } from "./telegram-client.ts";

export interface PollLoopOptions {
  readonly client: () => TelegramClient;
  /** Takes one update; once it resolves the update is on disk, or is nobody's. What it throws holds back the offset. */
  readonly take: (update: Update) => Promise<void>;
  /** Each completed poll. */
  readonly onPolled: () => void;
  readonly onFailure: (failure: TelegramFailure) => void;
  readonly clock: Clock;
}

const backoff = { baseMs: 500, capMs: 30_000 };
/** A wrong token, or another poller, does not pass within a second. */
const refusedWaitMs = 10_000;
const takeFailedWaitMs = 2_000;

/**
 * Asks for updates until the signal aborts. The offset is moved only past updates that were taken, and is kept in
 * memory alone: a new process asks for everything that is not confirmed, and what was taken already is known by its key.
 */
export async function pollUpdates(options: PollLoopOptions, signal: AbortSignal): Promise<void> {
  const { clock } = options;
  let offset = 0;
  for (let failures = 0; !signal.aborted;) {
    const polled = await options.client().updates(offset, signal);
    if (signal.aborted) return;
    if (polled.kind === "failed") {
      failures += 1;
      options.onFailure(polled.failure);
      await clock.sleep(waitMs(polled.failure, failures), signal);
      continue;
    }
    failures = 0;
    options.onPolled();
    const taken = await takeAll(polled.value, options.take);
    // Numbers may begin anew, lower than before: what is confirmed follows from the batch, never from a comparison.
    const last = taken.at(-1);
    if (last !== undefined) offset = last.update_id + 1;
    if (taken.length < polled.value.length) await clock.sleep(takeFailedWaitMs, signal);
  }
}

/** Takes updates chat by chat, in order within each. Returns the longest beginning that was taken whole. */
async function takeAll(
  updates: readonly Update[],
  take: (update: Update) => Promise<void>,
): Promise<readonly Update[]> {
  const chats = Map.groupBy(updates, chatOf);
  const taken = new Set<Update>();
  await Promise.all(
    [...chats.values()].map(async (list) => {
      for (const update of list) {
        try {
          await take(update);
        } catch {
          // Told by whoever could not take it; it comes again with the next poll.
          return;
        }
        taken.add(update);
      }
    }),
  );
  const missing = updates.findIndex((update) => !taken.has(update));
  return missing === -1 ? updates : updates.slice(0, missing);
}

const chatOf = (update: Update): number =>
  (update.message ?? update.edited_message ?? update.callback_query?.message)?.chat.id ??
  update.callback_query?.from.id ??
  0;

function waitMs({ kind, retryAfterMs }: TelegramFailure, failures: number): number {
  if (kind === "limited") return retryAfterMs;
  return kind === "refused" ? refusedWaitMs : backoffDelayMs(failures, backoff);
}
