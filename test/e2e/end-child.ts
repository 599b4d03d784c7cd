import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** A process that is told to end and does not is killed after so long. */
const endMsMax = 20_000;

/** Ends a process, waits until it is gone, and answers its exit status. */
export async function endChild(
  child: ChildProcess,
  signal: NodeJS.Signals,
): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), endMsMax);
    await ended;
    clearTimeout(timer);
  }
  return child.exitCode;
}
