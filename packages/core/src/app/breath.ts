/** Lets the event loop do something else between two steps of long work. */
export function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
