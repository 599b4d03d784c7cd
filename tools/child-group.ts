import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const outputCharsMax = 1_000_000;
const orphanGraceMs = 2_000;
const groups = new Set<number>();

export interface ChildResult {
  readonly code: number;
  /** Both streams as they came, the last million characters. */
  readonly output: string;
  /** Whether a process that the child started outlived it by more than two seconds; it is killed. */
  readonly orphans: boolean;
}

/**
 * Runs a command to its end, at most `timeoutMs`. It leads a process group, so that its own children end with it,
 * also on an interrupt from the terminal.
 */
export async function runChild(
  command: readonly [string, ...string[]],
  timeoutMs: number,
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<ChildResult> {
  const [file, ...args] = command;
  const child = spawn(file, args, {
    ...options,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const leader = child.pid;
  if (leader === undefined) {
    const [error] = (await once(child, "error")) as [Error];
    return { code: 127, output: error.message, orphans: false };
  }
  groups.add(leader);
  let output = "";
  const keep = (text: string) => {
    output = (output + text).slice(-outputCharsMax);
  };
  child.stdout.setEncoding("utf8").on("data", keep);
  child.stderr.setEncoding("utf8").on("data", keep);
  const timer = setTimeout(() => {
    keep(`\nstill running after ${timeoutMs / 1000} s: it hangs or left a handle open\n`);
    killGroup(leader, "SIGKILL");
  }, timeoutMs);
  const closed = once(child, "close");
  const [status] = (await once(child, "exit")) as [number | null];
  clearTimeout(timer);
  // A forgotten grandchild is in the group, or has left it and still holds the pipes open.
  const alone = await groupEnds(leader);
  const graceOver = delay(orphanGraceMs, undefined, { ref: false });
  const orphans = !alone || (await Promise.race([closed, graceOver])) === undefined;
  child.stdout.destroy();
  child.stderr.destroy();
  groups.delete(leader);
  return { code: status ?? 1, output, orphans };
}

/** Ends every child that still runs, with its children. */
export function killChildren(): void {
  for (const leader of groups) killGroup(leader, "SIGKILL");
}

function killGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch {
    return false; // No process of the group is left, which is what the caller asks or wants.
  }
}

async function groupEnds(leader: number): Promise<boolean> {
  const deadline = Date.now() + orphanGraceMs;
  while (killGroup(leader, 0)) {
    if (Date.now() > deadline) {
      const ended = hasOnlyZombies(leader);
      killGroup(leader, "SIGKILL");
      return ended;
    }
    await delay(20);
  }
  return true;
}

/** In a container whose first process waits for nobody, an ended orphan stays in its group for ever. */
function hasOnlyZombies(leader: number): boolean {
  const states = globSync("/proc/[0-9]*/stat").flatMap((path) => {
    try {
      const [state = "", , group] = readFileSync(path, "latin1")
        .replace(/^.*\) /s, "")
        .split(" ");
      return Number(group) === leader ? [state] : [];
    } catch {
      return []; // It ended while the list was read.
    }
  });
  return states.length > 0 && states.every((state) => state === "Z");
}
