import { mkdirSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@adyton/runtime/atomic-file";
import type { Clock } from "@adyton/runtime/clock";
import { Supervisor } from "@adyton/runtime/supervisor";
import type { Seal } from "./seal.ts";
import type { UsageCount, UsageRow } from "./usage-count.ts";

export interface UsageLogOptions {
  readonly folder: string;
  readonly count: UsageCount;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly log: (message: string, fields?: Readonly<Record<string, string | number>>) => void;
}

/** A file holds so much time: what was not written yet is lost when the relay is killed. */
export const usageEveryMs = 3_600_000;
/** Files that are kept, a hundred days of them; beyond, the oldest goes. */
export const usageFilesMax = 2_400;
/** Rows that wait while nothing can be written; beyond, the oldest go. */
export const usageRowsMax = 10_000;

const named = /^usage-\d{13}\.jsonl\.(?:age|gpg)$/;

/** Writes what was used, every hour that anything was, sealed to the operator: nothing readable touches the disk. */
export class UsageLog implements AsyncDisposable {
  readonly #options: UsageLogOptions;
  readonly #supervisor: Supervisor;
  #rows: readonly UsageRow[] = [];

  constructor(options: UsageLogOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#supervisor = new Supervisor({
      onFailure: () => log("the usage log cannot be written"),
      clock,
    });
  }

  /** Throws the system's error for a folder that cannot be made. */
  start(): void {
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
    this.#supervisor.loop("write", async (signal) => {
      for (;;) {
        await this.#options.clock.sleep(usageEveryMs, signal);
        await this.write();
      }
    });
  }

  /** Writes what there is, and keeps it for the next time where that fails. Rejects with the error. */
  async write(): Promise<void> {
    const { folder, count, seal, clock } = this.#options;
    this.#rows = [...this.#rows, ...count.take()].slice(-usageRowsMax);
    if (this.#rows.length === 0) return;
    const lines = this.#rows.map((row) => `${JSON.stringify(row)}\n`).join("");
    const name = `usage-${clock.nowMs()}.jsonl.${seal.ending}`;
    await writeFileAtomic(join(folder, name), await seal.seal(Buffer.from(lines)));
    this.#rows = [];
    const files = readdirSync(folder).filter((each) => named.test(each));
    const old = files.toSorted().slice(0, -usageFilesMax);
    for (const each of old) await rm(join(folder, each), { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#supervisor[Symbol.asyncDispose]();
    // The end must not wait for a disk that is full.
    await this.write().catch(() => this.#options.log("the usage log cannot be written"));
  }
}
