import { type ChildProcess, fork } from "node:child_process";
import { getCompileCacheDir } from "node:module";
import { dirname } from "node:path";
import type { OptionalPackage } from "./optional-package.ts";

/** A stopped process has so long until it is killed. */
export const stopMsMax = 2_000;

export interface PackageProcessOptions {
  /** Of JavaScript's own memory. */
  readonly heapMegabytesMax: number;
  readonly onMessage: (message: unknown) => void;
}

export interface PackageProcess {
  /** How it ended, to follow "it" in a sentence. Never rejects. */
  readonly ended: Promise<string>;
  /** Asks it to end, and kills it when it does not. */
  stop(): void;
}

/**
 * Starts an optional package as a process of its own, its settings as JSON in the first argument. It is native code that
 * reads files of somebody else's, so it gets nothing of this process but the channel between them, whose closing is
 * its end.
 */
export function startPackage(
  { main }: OptionalPackage,
  settings: object,
  { heapMegabytesMax, onMessage }: PackageProcessOptions,
): PackageProcess {
  const child = fork(main, [JSON.stringify(settings)], {
    // Nothing of this process's environment: it may hold what only the node may know.
    env: environment(),
    execArgv: [`--max-old-space-size=${heapMegabytesMax}`, "--disable-warning=ExperimentalWarning"],
    // What the native code says may repeat a prompt.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  child.on("message", onMessage);
  const ended = Promise.withResolvers<string>();
  child.once("error", (error) => ended.resolve(`could not be started (${codeOf(error)})`));
  child.once("exit", (code, by) => {
    const out = by === "SIGKILL" ? ", perhaps for want of memory" : "";
    const how = by === null ? `status ${code}` : `signal ${by}${out}`;
    ended.resolve(`ended unexpectedly (${how})`);
  });
  return { ended: ended.promise, stop: () => stopProcess(child) };
}

/** Where compiled code is kept, and few arenas of the allocator: both spare memory, as in the node itself. */
function environment(): Record<string, string> {
  const cache = getCompileCacheDir();
  return {
    PATH: "/usr/local/bin:/usr/bin:/bin",
    LANG: "C.UTF-8",
    MALLOC_ARENA_MAX: "2",
    // The folder in use is one of this version's, below the one that is named.
    ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) }),
  };
}

function stopProcess(child: ChildProcess): void {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopMsMax);
  child.once("exit", () => clearTimeout(timer));
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}
