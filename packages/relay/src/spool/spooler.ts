import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SpoolAnswer } from "@adyton/protocol/link-spool";
import { spoolAnswerBytesMax } from "@adyton/protocol/link-spool-limits";
import { writeFileAtomic } from "@adyton/runtime/atomic-file";
import type { Clock } from "@adyton/runtime/clock";
import { epochOf, sealUpdate } from "@adyton/runtime/link/spooled-update";
import { backoffDelayMs } from "@adyton/runtime/retry";
import { isWhole, memberOf } from "../json-value.ts";
import { SpoolFolder, type SpoolLimits } from "./spool-folder.ts";
import { SpoolTime } from "./spool-time.ts";
import { readSealing, readSpoolRequest, type Sealing } from "./spool-request.ts";

// While no node is there, the relay polls in its place. An update is sealed to the node's key and on the disk before the
// offset moves past it, so whatever ends the relay, Telegram or the spool still has it; both may, and the node knows an
// update that comes twice. Nothing is polled unless a node has said whom to seal to, nor while there is no room: Telegram
// then keeps the rest, for its day. When the node comes, it first takes what is here.

/** An update in what matters here. */
export interface PolledUpdate {
  readonly update_id: number;
}

/** `failed`: asked again after a while, which the server may have named. */
export type Polled =
  | { readonly kind: "updates"; readonly updates: readonly PolledUpdate[] }
  | { readonly kind: "failed"; readonly afterMs: number };

export interface SpoolerOptions {
  readonly folder: string;
  readonly limits: SpoolLimits;
  /** How long no node must have been there. */
  readonly graceMs: number;
  /** Asks for updates from an offset on, waiting for them unless `isQuick`. Rejects when the signal aborts. */
  readonly poll: (
    question: { readonly offset: number; readonly limit: number; readonly isQuick: boolean },
    signal: AbortSignal,
  ) => Promise<Polled>;
  /** Updates that are kept. */
  readonly onKept?: (updates: readonly PolledUpdate[]) => void;
  readonly clock: Clock;
  readonly log: (message: string, fields?: Readonly<Record<string, string | number>>) => void;
}

/** In one answer, which is held in memory whole. */
const updatesMax = 25;
const backoff = { baseMs: 500, capMs: 30_000 };
/** Without room, or without a key to seal to, this is looked at again. */
const lookAgainMs = 60_000;

export class Spooler implements AsyncDisposable {
  readonly #options: SpoolerOptions;
  readonly #spool: SpoolFolder;
  readonly #time: SpoolTime;
  #sealing: Sealing | undefined;
  #abort = new AbortController();
  /** The polling of the time without a node; ends soon after the abort. */
  #polling: Promise<void> = Promise.resolve();
  #expired = 0;
  #strangers = 0;

  /** Reads the spool as it was left. Throws the system's error. */
  constructor(options: SpoolerOptions) {
    this.#options = options;
    this.#spool = new SpoolFolder(options.folder, options.limits);
    const { folder, clock } = options;
    this.#time = new SpoolTime({ folder, clock, newestMs: this.#spool.newestMs });
    const file = this.#sealingFile;
    this.#sealing = existsSync(file) ? readSealing(readFileSync(file, "utf8")) : undefined;
  }

  /** The node has left, or the relay has just begun. */
  nodeLeft(): void {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#polling = this.#polling.then(() => this.#whileAlone(signal));
  }

  /** The node is there: nothing is polled any more. */
  nodeCame(): void {
    this.#abort.abort();
  }

  /** Answers the node's request, once the relay's own polling has ended; `undefined` to what is no request. */
  async exchange(body: string): Promise<SpoolAnswer | undefined> {
    const request = readSpoolRequest(body);
    if (request === undefined) return undefined;
    await this.#polling;
    const { recipient, people, taken } = request;
    await this.#sealTo({ recipient, people });
    await this.#spool.erase(new Set(taken));
    await this.#expire();
    const files = await this.#spool.next(spoolAnswerBytesMax);
    return {
      records: files.map(({ id, epoch, file }) => ({ id, epoch, file: file.toString("base64") })),
      left: this.#spool.records - files.length,
      expired: this.#expired,
      strangers: this.#strangers,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#polling;
  }

  get #sealingFile(): string {
    return join(this.#options.folder, "sealing.json");
  }

  /** Kept, so that a relay that starts without its node can seal. What is written is public, and the people's numbers. */
  async #sealTo(sealing: Sealing): Promise<void> {
    const text = JSON.stringify(sealing);
    if (text === JSON.stringify(this.#sealing)) return;
    await writeFileAtomic(this.#sealingFile, text);
    this.#sealing = sealing;
  }

  /** Resolves soon after the signal has aborted. */
  async #whileAlone(signal: AbortSignal): Promise<void> {
    const { clock, graceMs, log } = this.#options;
    let waitMs = graceMs;
    while (!signal.aborted) {
      try {
        await clock.sleep(waitMs, signal);
        if (waitMs === graceMs) log("no node is there", { spooled: this.#spool.records });
        await this.#poll(signal);
      } catch (error) {
        // A disk that takes nothing: the offset has not moved, so all of it comes again.
        if (!signal.aborted) log("the spool has failed", { error: codeOf(error) });
      }
      waitMs = lookAgainMs;
    }
  }

  /** Polls until there is no room, or nobody to seal to; this, too, is looked at again. */
  async #poll(signal: AbortSignal): Promise<void> {
    const { clock, poll, log } = this.#options;
    let offset = 0;
    for (let failures = 0; ;) {
      await this.#expire();
      const { room } = this.#spool;
      const sealing = this.#sealing;
      if (room === 0 || sealing === undefined) return;
      const limit = Math.min(updatesMax, room);
      const polled = await poll({ offset, limit, isQuick: false }, signal);
      if (polled.kind === "failed") {
        failures += 1;
        await clock.sleep(Math.max(polled.afterMs, backoffDelayMs(failures, backoff)), signal);
        continue;
      }
      failures = 0;
      const kept = await this.#keep(polled.updates, sealing);
      const last = polled.updates[kept - 1];
      if (last !== undefined) offset = last.update_id + 1;
      if (kept === polled.updates.length && this.#spool.room > 0) continue;
      if (kept > 0) log("the spool is full", { spooled: this.#spool.records });
      // Tells Telegram what is kept. What this shows stays there.
      await poll({ offset, limit: 1, isQuick: true }, signal);
      return;
    }
  }

  /** Seals and keeps updates, in order, as many as there is room for. Answers how many of them need no more care. */
  async #keep(updates: readonly PolledUpdate[], { recipient, people }: Sealing): Promise<number> {
    const known = new Set(people);
    const epoch = epochOf(recipient);
    const wanted = updates.filter((update) => known.has(senderOf(update) ?? 0));
    const files = wanted.map((update) => ({ epoch, file: sealUpdate(recipient, update) }));
    const added = await this.#spool.add(files, this.#time.nowMs());
    const left = wanted[added];
    const kept = left === undefined ? updates.length : updates.indexOf(left);
    this.#strangers += kept - added;
    this.#options.onKept?.(wanted.slice(0, added));
    return kept;
  }

  async #expire(): Promise<void> {
    // On a full disk a start counts less, and what is there must come out all the same.
    await this.#time.keep().catch(() => undefined);
    const expired = await this.#spool.expire(this.#time.nowMs());
    if (expired === 0) return;
    this.#expired += expired;
    this.#options.log("spooled updates were too old", { expired });
  }
}

/** Who sent an update, of whatever kind it is: the kind is the one member that is an object. */
function senderOf(update: object): number | undefined {
  for (const part of Object.values(update) as readonly unknown[]) {
    const id = memberOf(memberOf(part, "from") ?? memberOf(part, "user"), "id");
    if (isWhole(id)) return id;
  }
  return undefined;
}

/** The system's code alone: the words of an error may hold a path. */
function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "unknown";
}
