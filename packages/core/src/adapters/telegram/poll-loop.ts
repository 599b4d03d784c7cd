import type { Clock } from "@adyton/runtime/clock";
import { backoffDelayMs } from "@adyton/runtime/retry";
import type { Update } from "grammy/types";
import type { TelegramClient } from "./telegram-client.ts";
import { type TelegramFailure, timedOutCode, tooLargeCode } from "./trouble.ts";

export interface PollLoopOptions {
  readonly client: () => Pick<TelegramClient, "updates">;
  /** Takes one update. `taken`: it is on disk, or is nobody's. `later` holds back the offset, for as long as it takes. */
  readonly take: (update: Update) => Promise<"taken" | "later">;
  /** An update that `take` has thrown at as often as it is tried: it is passed over, or nothing behind it would be taken. */
  readonly onGivenUp: (error: unknown, update: Update) => Promise<void> | void;
  /** Each completed poll. */
  readonly onPolled: () => void;
  readonly onFailure: (failure: TelegramFailure) => void;
  readonly clock: Clock;
}

/** Whoever writes once the way is free again is heard within this time. */
const backoff = { baseMs: 500, capMs: 5_000 };
/** A wrong token, or another poller, does not pass within a second. */
const refusedWaitMs = 5_000;
const limitedMsMax = 3_600_000;
const takeFailedWaitMs = 2_000;
/** A way may be so slow that no probe comes back in time: after so many failures one question has the time of a poll. */
export const patientEvery = 16;
/** How often an update is tried that fails for a reason nobody foresaw. */
export const takeTriesMax = 5;

/**
 * Asks for updates until the signal aborts. The offset is moved only past updates that were taken, and is kept in
 * memory alone: a new process asks for everything that is not confirmed, and what was taken already is known by its key.
 */
export async function pollUpdates(options: PollLoopOptions, signal: AbortSignal): Promise<void> {
  const { clock } = options;
  const tries: Tries = new Map();
  let offset = 0;
  let isAlone = false;
  for (let failures = 0; !signal.aborted;) {
    const manner = { isAlone, isProbe: failures % patientEvery !== 0 };
    const polled = await options.client().updates(offset, signal, manner);
    if (signal.aborted) return;
    isAlone = polled.kind === "failed" && isTooMuch(polled.failure);
    if (polled.kind === "failed") {
      failures += 1;
      options.onFailure(polled.failure);
      await clock.sleep(pollWaitMs(polled.failure, failures), signal);
      continue;
    }
    failures = 0;
    options.onPolled();
    const taken = await takeAll(polled.value, options, tries);
    // Numbers may begin anew, lower than before: what is confirmed follows from the batch, never from a comparison.
    const last = taken.at(-1);
    if (last !== undefined) offset = last.update_id + 1;
    if (taken.length < polled.value.length) await clock.sleep(takeFailedWaitMs, signal);
    else tries.clear();
  }
}

/** Fewer updates at once may come through: an answer is bounded, and a slow way gets only so far in time. */
const isTooMuch = ({ words }: TelegramFailure): boolean =>
  words === tooLargeCode || words === timedOutCode;

/** By update: how often it was tried in vain. */
type Tries = Map<number, number>;

/** Takes updates chat by chat, in order within each. Returns the longest beginning that was taken whole. */
async function takeAll(
  updates: readonly Update[],
  options: Pick<PollLoopOptions, "take" | "onGivenUp">,
  tries: Tries,
): Promise<readonly Update[]> {
  const chats = Map.groupBy(updates, chatOf);
  const taken = new Set<Update>();
  await Promise.all(
    [...chats.values()].map(async (list) => {
      for (const update of list) {
        if (!(await isTaken(update, options, tries))) return;
        taken.add(update);
      }
    }),
  );
  const missing = updates.findIndex((update) => !taken.has(update));
  return missing === -1 ? updates : updates.slice(0, missing);
}

async function isTaken(
  update: Update,
  { take, onGivenUp }: Pick<PollLoopOptions, "take" | "onGivenUp">,
  tries: Tries,
): Promise<boolean> {
  try {
    return (await take(update)) === "taken";
  } catch (error) {
    const times = (tries.get(update.update_id) ?? 0) + 1;
    tries.set(update.update_id, times);
    if (times < takeTriesMax) return false;
    await onGivenUp(error, update);
    return true;
  }
}

const chatOf = (update: Update): unknown =>
  (update.message ?? update.edited_message ?? update.callback_query?.message)?.chat?.id ??
  update.callback_query?.from?.id;

/** How long to wait after a failure, so many in a row. */
export function pollWaitMs({ kind, retryAfterMs }: TelegramFailure, failures: number): number {
  if (kind === "limited") return Math.min(retryAfterMs, limitedMsMax);
  return kind === "refused" ? refusedWaitMs : backoffDelayMs(failures, backoff);
}
