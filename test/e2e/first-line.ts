import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

/** The first line a process writes to its standard output. Rejects when it ends before. */
export async function firstLine(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const { stdout } = child;
  if (stdout === null) throw new Error("the process has no standard output to read");
  const lines = createInterface({ input: stdout }).once("line", resolve);
  child.once("exit", () => reject(new Error("the process ended before it wrote a line")));
  try {
    return await promise;
  } finally {
    lines.close();
    stdout.resume();
  }
}
