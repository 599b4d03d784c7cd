import { setTimeout as sleep } from "node:timers/promises";
import { keepMs, repliesMax } from "./limits.ts";
import type { RedisLink } from "./redis-link.ts";
import type { Seal } from "./seal.ts";
import { contexts, keys, type ReplyMessage } from "./wire.ts";

const againMs = 200;

export interface ReplyWriterOptions {
  readonly link: RedisLink;
  readonly seal: Seal;
  /** The job's name, and the node it is of. */
  readonly job: string;
  readonly node: string;
}

/**
 * What a worker says about one job, in order. Pieces of the answer that come while one is on its way go together with
 * the next: each is sent at once on a fast line, and a slow or broken one only makes them longer. A reply that Redis did
 * not take is sent again, under its number, until it is taken or nobody waits for it any more.
 */
export class ReplyWriter {
  readonly #options: ReplyWriterOptions;
  readonly #abandoned = new AbortController();
  #number = 0;
  #pending = "";
  #flushing: Promise<void> | undefined;

  constructor(options: ReplyWriterOptions) {
    this.#options = options;
  }

  /** Nobody waits for this job any more: nothing further is said. */
  abandon(): void {
    this.#abandoned.abort();
  }

  get isAbandoned(): boolean {
    return this.#abandoned.signal.aborted;
  }

  async began(worker: string): Promise<void> {
    await this.#write({ kind: "began", worker });
  }

  delta(text: string): void {
    this.#pending += text;
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
  }

  /** Says how it ended, after all pieces. Resolves when Redis has it, or when the job was abandoned. */
  async end(reply: ReplyMessage): Promise<void> {
    await this.#flushing;
    await this.#write(reply);
  }

  async #flush(): Promise<void> {
    while (this.#pending !== "" && !this.isAbandoned) {
      const text = this.#pending;
      this.#pending = "";
      await this.#write({ kind: "delta", text });
    }
  }

  async #write(reply: ReplyMessage): Promise<void> {
    const { link, seal, job, node } = this.#options;
    const { signal } = this.#abandoned;
    const number = this.#number;
    this.#number += 1;
    const sealed = seal.seal(contexts.reply(job, number), reply);
    const key = keys.replies(node);
    while (!signal.aborted) {
      try {
        const entry = ["job", job, "number", number, "sealed", sealed] as const;
        const sent = link.commands
          .multi()
          .xadd(key, "MAXLEN", "~", repliesMax, "*", ...entry)
          .pexpire(key, keepMs)
          .exec();
        const results = await link.answer(sent);
        if (results?.[0]?.[0] === null) return;
      } catch {
        // The connection comes back by itself.
      }
      await sleep(againMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
