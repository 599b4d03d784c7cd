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
  /** What it writes to its standard error; left out, that is dropped: native code may repeat a prompt there. */
  readonly onComplaint?: (text: string) => void;
  /** Its JavaScript reads no file but the package's, writes none and starts no process. Native code is not held. */
  readonly isConfined?: boolean;
}

export interface PackageProcess {
  /** How it ended, to follow "it" in a sentence. Never rejects. */
  readonly ended: Promise<string>;
  readonly pid: number | undefined;
  /** Nobody hears it when the process is gone. */
  send(message: Uint8Array): void;
  /** Asks it to end, and kills it when it does not. */
  stop(): void;
  kill(): void;
}

/**
 * Starts an optional package as a process of its own, its settings as JSON in the first argument. It is native code that
 * reads files of somebody else's, so it gets nothing of this process but the channel between them, whose closing is
 * its end.
 */
export function startPackage(
  { main, folder }: OptionalPackage,
  settings: object,
  { heapMegabytesMax, onMessage, onComplaint, isConfined = false }: PackageProcessOptions,
): PackageProcess {
  // Node warns of its own option on the stream where a process says why it ended.
  const confinement = [
    "--permission",
    "--allow-addons",
    `--allow-fs-read=${folder}`,
    "--disable-warning=SecurityWarning",
  ];
  const child = fork(main, [JSON.stringify(settings)], {
    // Nothing of this process's environment: it may hold what only the node may know.
    env: environment(),
    execArgv: [
      `--max-old-space-size=${heapMegabytesMax}`,
      "--disable-warning=ExperimentalWarning",
      ...(isConfined ? confinement : []),
    ],
    stdio: ["ignore", "ignore", onComplaint === undefined ? "ignore" : "pipe", "ipc"],
    // Bytes go over the channel as they are.
    serialization: "advanced",
  });
  child.on("message", onMessage);
  if (onComplaint !== undefined) child.stderr?.setEncoding("utf8").on("data", onComplaint);
  const ended = Promise.withResolvers<string>();
  child.once("error", (error) => ended.resolve(`could not be started (${codeOf(error)})`));
  // What it complained of last is there by then, and not when it exits.
  child.once("close", (code, by) => {
    const out = by === "SIGKILL" ? ", perhaps for want of memory" : "";
    const how = by === null ? `status ${code}` : `signal ${by}${out}`;
    ended.resolve(`ended unexpectedly (${how})`);
  });
  return {
    ended: ended.promise,
    pid: child.pid,
    send: (message) => {
      if (child.connected) child.send(message, () => undefined);
    },
    stop: () => stopProcess(child),
    kill: () => void child.kill("SIGKILL"),
  };
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
