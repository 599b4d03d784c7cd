import { hostname } from "node:os";
import { resolve } from "node:path";
import {
  type RunningWorker,
  startWorker,
  workerConcurrencyMax,
  workerNameCharsMax,
} from "@adyton/core/worker";
import { CodedError } from "@adyton/runtime/coded-error";
import { Failure } from "../failure.ts";
import { makeKey } from "../make-key.ts";
import type { Invocation, Shell } from "../shell.ts";
import { untilSignal } from "../signals.ts";
import { softwareVersion } from "../software-version.ts";

const concurrencyDefault = 1;
/** Jobs under way get so long to end; the others are handed back, and another worker begins them anew. */
const graceMs = 10_000;

/** `worker`: answers for a node elsewhere with the model server of this machine, until it is stopped. */
export async function worker(shell: Shell, { options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const redis = required(shell, options.text("redis"), "--redis");
  const backend = required(shell, options.text("backend"), "--backend");
  const concurrency =
    options.whole("concurrency", { min: 1, max: workerConcurrencyMax }) ?? concurrencyDefault;
  const running = await start(shell, {
    redis,
    keyFile: file(options.text("key-file")),
    passwordFile: file(options.text("password-file")),
    backend,
    model: options.text("model"),
    apiKeyFile: file(options.text("api-key-file")),
    concurrency,
    name: (options.text("name") ?? hostname()).slice(0, workerNameCharsMax),
    version: softwareVersion(),
    log: {
      target: { kind: "descriptor", descriptor: process.stdout.fd },
      format: print.json ? "json" : "human",
      terminal: print.terminal,
    },
  });
  await using opened = running;
  if (!print.json) print.note(t("worker.how_to_end"));
  await untilSignal();
  if (!print.json) print.note(t("worker.stopping"));
  await opened.stop(graceMs);
  return 0;
}

/** `worker key FILE`: makes the key that the node and all its workers share. */
export function workerKey(shell: Shell, { args }: Invocation): Promise<number> {
  return makeKey(shell, args[0], "worker.key_made");
}

async function start(
  { t }: Shell,
  options: Parameters<typeof startWorker>[0],
): Promise<RunningWorker> {
  try {
    return await startWorker(options);
  } catch (error) {
    // Those of ours say what is wrong and hold no address.
    if (!(error instanceof CodedError)) throw error;
    throw new Failure("failed", { title: t("worker.refused"), detail: error.message });
  }
}

function required({ t }: Shell, value: string | undefined, option: string): string {
  if (value !== undefined) return value;
  throw new Failure("usage", { title: t("worker.missing", { option }) });
}

function file(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}
