import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

// The command line as processes, for the end-to-end tests.
export const main = join(import.meta.dirname, "../../packages/cli/src/main.ts");
export const waitMsMax = 60_000;
/** A node serves all tests of a file, on a machine that may be busy. */
const nodeMsMax = 600_000;

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly errors: string;
}

export interface Wanted {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  readonly out: () => string;
}

/** The environment of the tests without what would lead a command to somebody's own node or language. */
export function environment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { ADYTON_HOME: _home, LC_ALL: _all, LC_MESSAGES: _messages, ...rest } = process.env;
  return { ...rest, LANG: "C.UTF-8", ...extra };
}

export function start(args: readonly string[], wanted: Wanted = {}): ChildProcess {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, ...args], {
    env: environment(wanted.env),
    stdio: [wanted.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    timeout: wanted.timeoutMs ?? waitMsMax,
  });
  child.stdin?.end(wanted.input);
  return child;
}

/** Runs a command to its end. */
export async function run(args: readonly string[], wanted: Wanted = {}): Promise<Ended> {
  const child = start(args, wanted);
  let out = "";
  let errors = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, errors };
}

/** Starts a node on a free port and waits until it has said everything it says at its start. */
export async function up(args: readonly string[]): Promise<Running> {
  const child = start(["up", "--port", "0", ...args], { timeoutMs: nodeMsMax });
  const out = collect(child);
  try {
    await until(() => /Ctrl-C/.test(out()) || child.exitCode !== null, out);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  const port = Number(/localhost:(\d+)/.exec(out())?.[1]);
  assert.ok(port > 0, out());
  return { child, port, out };
}

export async function stop(
  child: ChildProcess,
  signal: NodeJS.Signals = "SIGTERM",
): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, "close");
    child.kill(signal);
    await closed;
  }
  return child.exitCode;
}

/** Everything a process writes, on both outputs. */
export function collect(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  return () => text;
}

/** Waits for a condition, and shows the state when it does not come. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  state: () => string = () => "",
): Promise<void> {
  const endMs = Date.now() + waitMsMax;
  while (!(await condition())) {
    assert.ok(Date.now() < endMs, `waited in vain; so far: ${state()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

/** The lines that are JSON; what stands on the standard error is in words. */
export function jsonLines(text: string): object[] {
  const lines = text.split("\n").filter((line) => line.startsWith("{"));
  return lines.map((line) => Object(JSON.parse(line)));
}

/** Whether a terminal would obey a part of the text; line breaks and tabs are text. */
export function hasControls(text: string): boolean {
  return /[^\P{Cc}\n\t]/u.test(text);
}

/** The reason to skip a test, or false when the program is there. */
export function lacks(program: string): string | false {
  const { error } = spawnSync(program, ["--version"]);
  return error === undefined ? false : `there is no ${program} here`;
}
