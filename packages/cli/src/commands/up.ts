import { flushCompileCache } from "node:module";
import { createInterface } from "node:readline/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { startNode, StartError, StopError, type ChatServer, type RunningNode } from "@adyton/core";
import { exitCodes, Failure } from "../failure.ts";
import { noticePrinter } from "../notice-printer.ts";
import { otherPort, portHolder } from "../listeners.ts";
import { findAddress } from "../node-address.ts";
import type { Invocation, Shell } from "../shell.ts";
import { untilSignal } from "../signals.ts";
import { softwareVersion } from "../software-version.ts";
import { plainLine } from "../terminal-text.ts";

/** `up`: runs the node in this process until Ctrl-C or SIGTERM; a second one does not wait for what is under way. */
export async function up(shell: Shell, { options }: Invocation): Promise<number> {
  const { home, port, print, t, language } = shell;
  const interactive = process.stdin.isTTY && print.terminal.interactive && !print.json;
  const stopping = new AbortController();
  const stopped = untilSignal().then(() => stopping.abort());
  const outcome = await startNode({
    home,
    port,
    backend: options.text("backend"),
    model: options.text("model"),
    version: softwareVersion(),
    language,
    onNotice: noticePrinter(shell),
    ...(interactive
      ? { chooseBackend: (found) => askForServer(shell, found, stopping.signal) }
      : {}),
  }).catch((error: unknown) => {
    // A start that was called off half-way, at the question for a server, has closed what it had opened.
    if (stopping.signal.aborted) return undefined;
    return startFailure(error, shell);
  });
  if (outcome === undefined) return exitCodes.ok;
  if (outcome instanceof Failure) throw outcome;
  // A signal that came during the start stops the node in order, as soon as there is one to stop.
  if (!print.json && !stopping.signal.aborted) printGreeting(shell, outcome.port);
  flushCompileCache();
  tuneForLoad();
  const released = setTimeout(releaseStartMemory, releaseAfterMs).unref();
  await stopped;
  clearTimeout(released);
  if (!print.json) print.note(t("up.stopping"));
  await stop(outcome, shell);
  return exitCodes.ok;
}

/**
 * Settings of V8 for what comes after the start.
 *
 * No Maglev: what is called often is compiled by V8's best compiler alone. The one before it keeps its working memory for
 * each function until a thread in the background finds time to free it: 30 to 50 MiB when load sets in, which the
 * allocator does not hand back. A turn takes as much processor time without it.
 *
 * No parallel scavenges: the young generation is so small that to wake helpers takes longer than to help, a tenth of a
 * turn's processor time on two cores.
 *
 * Not options of `./adyton`: compiled code is taken up only under the options it was made with, and Node's own modules
 * were compiled without these, so that the start would take a fifth longer. What is compiled by now is kept before.
 */
function tuneForLoad(): void {
  setFlagsFromString("--no-maglev");
  setFlagsFromString("--no-parallel-scavenge");
}

/** Milliseconds after the start: whoever starts the node to ask at once is answered first. */
const releaseAfterMs = 1_000;

/**
 * Collects what only the start needed, once, and hands the memory back, 11 MiB. By itself V8 shrinks its young
 * generation, which loading the modules has grown to its largest, only when memory runs short. Takes about 50 ms.
 */
function releaseStartMemory(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext('gc({ type: "major", flavor: "last-resort" })');
  // Threads that start later are to have the same options, and so take up the same compiled code.
  setFlagsFromString("--no-expose-gc");
}

/** Stops the node. A disk that hangs holds a thread that no exit waits out, so the process then ends itself. */
async function stop(node: RunningNode, { print }: Shell): Promise<void> {
  try {
    await node[Symbol.asyncDispose]();
  } catch (error) {
    if (!(error instanceof StopError)) throw error;
    print.note(error.message);
    process.kill(process.pid, "SIGKILL");
  }
}

function printGreeting({ print, t }: Shell, port: number): void {
  const text = t("up.hello_text");
  print.line();
  print.line(t("up.hello"));
  print.line(
    `  curl -s http://localhost:${port}/api/v1/message -H 'Content-Type: application/json' -d '${JSON.stringify({ text })}'`,
  );
  print.line(`  ${t("up.hello_say")}`);
  print.line();
  print.line(print.paint("dim", t("up.stop")));
}

async function askForServer(
  { print, t }: Shell,
  found: readonly ChatServer[],
  signal: AbortSignal,
): Promise<number> {
  for (const [index, { software, url, model }] of found.entries())
    print.line(`  ${index + 1}. ${plainLine(`${model} (${software}, ${url})`)}`);
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  // The signals are the process's own, also while it asks.
  lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    for (;;) {
      const answer = (
        await lines.question(t("up.which", { count: found.length }), { signal })
      ).trim();
      const number = answer === "" ? 1 : Number(answer);
      if (Number.isInteger(number) && number >= 1 && number <= found.length) return number - 1;
    }
  } finally {
    lines.close();
  }
}

async function startFailure(error: unknown, shell: Shell): Promise<Failure> {
  if (!(error instanceof StartError)) throw error;
  const { home, t } = shell;
  const lines = [error.message, ...error.problems.map((problem) => `  ${problem}`)];
  const data = { code: error.code, title: error.message, problems: error.problems };
  const failure = (title: string, advice: string) =>
    new Failure("failed", { title, detail: lines.join("\n"), advice, data, cause: error });
  switch (error.code) {
    case "config_refused":
      return failure(t("up.config_refused"), t("doctor.config_cure"));
    case "address_in_use": {
      const { port } = await findAddress(home, shell.port);
      const who = portHolder(port, t);
      if (who !== undefined) lines.push(who);
      return failure(t("up.address_in_use"), t("up.address_advice", { other: otherPort(port) }));
    }
    case "home_locked":
      return failure(t("up.home_locked", { home }), t("up.home_locked_advice"));
    default:
      return failure(t("up.failed"), t("up.doctor"));
  }
}
