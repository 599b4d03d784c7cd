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
