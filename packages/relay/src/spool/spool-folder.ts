import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { spoolTakenMax } from "@adyton/protocol/link-spool-limits";

// Sealed updates, a file each: `NUMBER-EPOCH.age`. A file gets its name once its bytes are on the disk, so one that was
// torn by a cut has no name, and is swept at the next start. The number is the spool's time, in microseconds, raised where that
// does not grow: it orders the files and tells their age.

export interface SpoolLimits {
  readonly recordsMax: number;
  readonly bytesMax: number;
  readonly ageMsMax: number;
}

export interface SpooledFile {
  readonly id: string;
  readonly epoch: string;
  readonly file: Buffer;
}

interface Kept {
  readonly number: number;
  readonly epoch: string;
  readonly bytes: number;
}

const named = /^(\d{16})-([0-9a-f]{16})\.age$/;
const unnamed = /^\.\d{16}\.new$/;

/** The folder of one spool. Nothing else may write there. */
export class SpoolFolder {
  readonly #folder: string;
  readonly #limits: SpoolLimits;
  /** Oldest first. */
  #kept: Kept[] = [];
  #bytes = 0;
  #last = 0;

  /** Reads what is there, and makes the folder where it is missing. Throws the system's error. */
  constructor(folder: string, limits: SpoolLimits) {
    this.#folder = folder;
    this.#limits = limits;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(folder).toSorted()) {
      if (unnamed.test(name)) rmSync(join(folder, name));
      const [, digits, epoch] = named.exec(name) ?? [];
      if (digits === undefined || epoch === undefined) continue;
      this.#keep({ number: Number(digits), epoch, bytes: statSync(join(folder, name)).size });
    }
  }

  get records(): number {
    return this.#kept.length;
  }

  /** The time of the newest record there ever was, as far as this process knows. */
  get newestMs(): number {
    return this.#last / 1_000;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many more records there may be, by their number alone. */
  get room(): number {
    return Math.max(0, this.#limits.recordsMax - this.#kept.length);
  }

  /**
   * Adds as many of the files, in order, as there is room for, and answers how many those are. They are on the disk when
   * this resolves, also after a power cut. Rejects with the system's error; what has its name by then is kept.
   */
  async add(files: readonly Pick<SpooledFile, "epoch" | "file">[], nowMs: number): Promise<number> {
    const added: Kept[] = [];
    let bytes = this.#bytes;
    let done = 0;
    try {
      for (const { epoch, file } of files) {
        bytes += file.length;
        if (added.length >= this.room || bytes > this.#limits.bytesMax) break;
        const number = Math.max(this.#last + 1, Math.trunc(nowMs) * 1_000);
        this.#last = number;
        await using handle = await open(this.#path(newOf(number)), "wx", 0o600);
        added.push({ number, epoch, bytes: file.length });
        await handle.writeFile(file);
        await handle.sync();
      }
      for (const each of added) {
        await rename(this.#path(newOf(each.number)), this.#path(nameOf(each)));
        done += 1;
      }
      if (added.length > 0) await this.#sync();
    } finally {
      for (const each of added.slice(0, done)) this.#keep(each);
      // A disk that is full must not fill up with what comes again.
      for (const { number } of added.slice(done))
        await rm(this.#path(newOf(number)), { force: true });
    }
    return added.length;
  }

  /** The oldest, as many as fit into so many bytes and into an answer, and at least one. */
  async next(bytesMax: number): Promise<readonly SpooledFile[]> {
    const files: SpooledFile[] = [];
    let bytes = 0;
    for (const each of this.#kept) {
      bytes += each.bytes;
      if (files.length > 0 && (bytes > bytesMax || files.length === spoolTakenMax)) break;
      const file = await readFile(this.#path(nameOf(each)));
      files.push({ id: digitsOf(each.number), epoch: each.epoch, file });
    }
    return files;
  }

  /** Erases records. Ids that are not there are none of its business: they were erased before. */
  async erase(ids: ReadonlySet<string>): Promise<void> {
    await this.#drop(({ number }) => ids.has(digitsOf(number)));
  }

  /** Erases what is too old, and answers how many that were. */
  async expire(nowMs: number): Promise<number> {
    const oldest = (nowMs - this.#limits.ageMsMax) * 1_000;
    return this.#drop(({ number }) => number < oldest);
  }

  async #drop(isGone: (kept: Kept) => boolean): Promise<number> {
    // Asked before each poll: ten thousand records are not sorted anew when all of them stay.
    if (!this.#kept.some(isGone)) return 0;
    const { true: gone = [], false: stay = [] } = Object.groupBy(this.#kept, (each) =>
      isGone(each) ? "true" : "false",
    );
    // Before the files go, so that two who drop at a time do not bring back each other's.
    this.#kept = stay;
    this.#bytes = stay.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const each of gone) await rm(this.#path(nameOf(each)), { force: true });
    if (gone.length > 0) await this.#sync();
    return gone.length;
  }

  #keep(kept: Kept): void {
    // One text for all of an epoch: tens of thousands would fill the relay's heap.
    const { epoch } = this.#kept.at(-1) ?? kept;
    this.#kept.push(epoch === kept.epoch ? { ...kept, epoch } : kept);
    this.#bytes += kept.bytes;
    this.#last = Math.max(this.#last, kept.number);
  }

  /** Makes the names in the folder durable. */
  async #sync(): Promise<void> {
    await using handle = await open(this.#folder, "r");
    await handle.sync();
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

const digitsOf = (number: number): string => String(number).padStart(16, "0");
const newOf = (number: number): string => `.${digitsOf(number)}.new`;
const nameOf = ({ number, epoch }: Kept): string => `${digitsOf(number)}-${epoch}.age`;
