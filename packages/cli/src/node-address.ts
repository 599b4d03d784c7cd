import { existsSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Secret, SecretError } from "@adyton/runtime/secret";
import { Failure } from "./failure.ts";
import { listenersOn } from "./listeners.ts";
import type { Translate } from "./texts/translate.ts";

export interface NodeAddress {
  readonly host: "127.0.0.1";
  readonly port: number;
  readonly text: string;
}

export const portDefault = 7_860;

/** What a running node writes about itself. */
export interface RunFile {
  readonly port: number;
  readonly pid: number | undefined;
}

/**
 * `--port`, else where the running node says it listens, else where it was until now (`last`), else where the
 * configuration puts it, else 7860.
 */
export async function findAddress(
  home: string,
  option: number | undefined,
  last?: number,
): Promise<NodeAddress> {
  const port =
    option ?? readRunFile(home)?.port ?? last ?? (await configuredPort(home)) ?? portDefault;
  return { host: "127.0.0.1", port, text: `127.0.0.1:${port}` };
}

/** The unix socket of the node that runs in this folder; `undefined` when none answers there, or not to this user. */
export function liveSocket(home: string): Promise<string | undefined> {
  const path = join(home, "adyton.sock");
  if (!existsSync(path)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const probe = connect({ path });
    probe.once("connect", () => {
      probe.destroy();
      resolve(path);
    });
    // What is wrong with it does not matter here: the node's port is there as well.
    probe.once("error", () => resolve(undefined));
  });
}

/** HOME/run.json, or nothing when it is absent, unreadable, or left behind by a process that is gone. */
export function readRunFile(home: string): RunFile | undefined {
  const run = parseRunFile(home);
  return run?.pid !== undefined && !isAlive(run.pid) ? undefined : run;
}

/** Where the last node listened, when it was killed and could not take its word back. */
export function lastPort(home: string): number | undefined {
  return parseRunFile(home)?.port;
}

function parseRunFile(home: string): RunFile | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(join(home, "run.json"), "utf8"));
    const port = isRecord(value) ? value["port"] : undefined;
    const pid = isRecord(value) ? value["pid"] : undefined;
    if (!isWhole(port) || port < 1 || port > 65_535) return undefined;
    return { port, pid: isWhole(pid) ? pid : undefined };
  } catch {
    // The file is a courtesy of the running node; there are other ways to find it.
    return undefined;
  }
}

/** `listen.port` of adyton.yaml. A file with mistakes names no port here: it is the business of `config check`. */
async function configuredPort(home: string): Promise<number | undefined> {
  let text: string;
  try {
    text = readFileSync(join(home, "adyton.yaml"), "utf8");
  } catch {
    return undefined;
  }
  const { parseConfigText } = await import("@adyton/runtime/config-document");
  const parsed = parseConfigText(text);
  if (parsed.kind === "refused" || !isRecord(parsed.document.value)) return undefined;
  const listen = parsed.document.value["listen"];
  const port = isRecord(listen) ? listen["port"] : undefined;
  return isWhole(port) && port >= 1 && port <= 65_535 ? port : undefined;
}

/**
 * The owner's token, when this user may read one. It is shown only to a listener that runs as its owner, as this user
 * or as root: while the node is down, another user's program may sit on its port and wait for it. Where the system
 * does not tell who listens, the loopback address has to suffice.
 */
export function readToken(home: string, address: NodeAddress, t: Translate): Secret | undefined {
  const file = join(home, "token");
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) return undefined;
  const listeners = listenersOn(address.port);
  const trusted = new Set([0, status.uid, process.getuid?.() ?? 0]);
  const stranger = listeners.find(({ uid }) => !trusted.has(uid));
  if (stranger !== undefined)
    throw new Failure("failed", {
      title: t("token.stranger", { address: address.text, uid: stranger.uid }),
      advice: t("token.stranger_advice"),
    });
  try {
    return Secret.fromFile(file);
  } catch (error) {
    if (error instanceof SecretError && error.code === "unreadable") return undefined;
    if (!(error instanceof SecretError)) throw error;
    throw new Failure("failed", { title: error.message, cause: error });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && Reflect.get(error, "code") === "EPERM";
  }
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
