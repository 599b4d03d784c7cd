import type { Printer } from "./printer.ts";

const everyMs = 1_000;

/** Shows, from the first second on, how long something takes; disposing clears the line, a second time does nothing. */
export function startWaiting(print: Printer, text: (seconds: number) => string): Disposable {
  const progress = print.progress();
  const startedMs = performance.now();
  const timer = setInterval(() => {
    progress.update(text(Math.round((performance.now() - startedMs) / 1_000)));
  }, everyMs);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      progress[Symbol.dispose]();
    },
  };
}

/** The same for one piece of work. */
export async function whileWaiting<T>(
  print: Printer,
  text: (seconds: number) => string,
  work: () => Promise<T>,
): Promise<T> {
  const waiting = startWaiting(print, text);
  try {
    return await work();
  } finally {
    waiting[Symbol.dispose]();
  }
}
