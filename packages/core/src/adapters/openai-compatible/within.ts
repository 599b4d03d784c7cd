import type { Clock } from "@adyton/runtime/clock";

/** Runs a small call with a deadline. */
export async function withinMs<T>(
  clock: Clock,
  ms: number,
  signal: AbortSignal,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController();
  const timer = clock.setTimer(ms, () => deadline.abort());
  try {
    return await call(AbortSignal.any([signal, deadline.signal]));
  } finally {
    timer[Symbol.dispose]();
  }
}

/** Waits for `work` or for the signal, whichever comes first. */
export async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const abort = (): void => resolve();
  signal.addEventListener("abort", abort, { once: true });
  await Promise.race([work, promise]);
  signal.removeEventListener("abort", abort);
}
