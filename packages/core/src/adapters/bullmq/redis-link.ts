import { setTimeout as sleep } from "node:timers/promises";
import { settlesWithin, systemClock } from "@adyton/runtime/clock";
import { Redis, type RedisOptions } from "ioredis";
import { repliesAtOnceMax } from "./limits.ts";
import { WorkersError } from "./workers-error.ts";

export interface LinkOptions {
  readonly redis: RedisOptions;
  readonly commandMs: number;
  /** The channel that is listened to, and the stream that is read; neither is needed. */
  readonly channel: string;
  readonly stream?: string;
  readonly onMessage: (text: string) => void;
  readonly onEntry?: (fields: ReadonlyMap<string, string>) => void;
  /** All connections stand; called at the first time and after each break. */
  readonly onSteady: () => void;
}

const readBlockMs = 2_000;
const againMs = 100;

/**
 * The connections of one side: one for commands, one that listens to a channel, one that waits for a stream. Each comes
 * back by itself. A command fails at once while there is no connection: whoever gave it keeps what it was about.
 */
export class RedisLink implements AsyncDisposable {
  readonly commands: Redis;
  readonly #options: LinkOptions;
  readonly #listener: Redis;
  readonly #reader: Redis | undefined;
  readonly #stop = new AbortController();
  #reading: Promise<void> | undefined;
  #lastEntry = "0-0";

  constructor(options: LinkOptions) {
    this.#options = options;
    const base: RedisOptions = {
      ...options.redis,
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
    };
    this.commands = new Redis(base);
    this.#listener = new Redis({ ...base, autoResubscribe: false });
    if (options.stream !== undefined) this.#reader = new Redis(base);
    for (const redis of this.#all) {
      // Every fault shows in the command that fails by it, and in `isUp`; the connection comes back by itself.
      redis.on("error", () => undefined);
      redis.on("ready", () => this.#steady(redis));
    }
    this.#listener.on("message", (_channel: string, text: string) => options.onMessage(text));
  }

  get isUp(): boolean {
    return this.#all.every((redis) => redis.status === "ready");
  }

  /** Begins to connect; whether it succeeds is seen in `isUp`. */
  start(): void {
    for (const redis of this.#all) redis.connect().catch(() => undefined);
    this.#reading = this.#read();
  }

  /** Whether Redis answers; a connection that hangs is replaced, and what waited on it fails. */
  async check(): Promise<boolean> {
    const answers = await Promise.all(
      [this.commands, this.#listener].map((each) => this.#ping(each)),
    );
    return answers.every(Boolean) && this.isUp;
  }

  /**
   * The answer to a command, or a rejection in time: a connection that breaks at an unlucky moment loses commands
   * without a word.
   */
  async answer<T>(asked: Promise<T>): Promise<T> {
    if (await settlesWithin(asked, this.#options.commandMs, systemClock)) return await asked;
    throw new WorkersError("silent", "Redis does not answer");
  }

  async #ping(redis: Redis): Promise<boolean> {
    try {
      await this.answer(redis.ping());
      return true;
    } catch {
      if (redis.status === "ready") redis.disconnect(true);
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const redis of this.#all) redis.disconnect();
    await this.#reading;
  }

  get #all(): readonly Redis[] {
    return [this.commands, this.#listener, ...(this.#reader === undefined ? [] : [this.#reader])];
  }

  #steady(redis: Redis): void {
    // What Redis remembers may be another stream than before; what is read twice is known by its number.
    if (redis === this.#reader) this.#lastEntry = "0-0";
    if (redis === this.#listener) void this.#subscribe();
    else if (this.isUp) this.#options.onSteady();
  }

  async #subscribe(): Promise<void> {
    try {
      await this.answer(this.#listener.subscribe(this.#options.channel));
      if (this.isUp) this.#options.onSteady();
    } catch {
      this.#listener.disconnect(true);
    }
  }

  async #read(): Promise<void> {
    const { signal } = this.#stop;
    const { stream, onEntry } = this.#options;
    const reader = this.#reader;
    if (reader === undefined || stream === undefined || onEntry === undefined) return;
    while (!signal.aborted) {
      try {
        const entries = await this.#next(reader, stream);
        for (const [id, fields] of entries) {
          this.#lastEntry = id;
          onEntry(pairs(fields));
        }
        if (entries.length > 0) this.#trim(stream);
      } catch {
        if (signal.aborted) return;
        if (reader.status === "ready") reader.disconnect(true);
        await sleep(againMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #next(reader: Redis, stream: string): Promise<readonly [id: string, fields: string[]][]> {
    const count = ["COUNT", repliesAtOnceMax, "BLOCK", readBlockMs] as const;
    const reading = reader.xread(...count, "STREAMS", stream, this.#lastEntry);
    const isInTime = await settlesWithin(
      reading,
      readBlockMs + this.#options.commandMs,
      systemClock,
    );
    if (isInTime) return (await reading)?.[0]?.[1] ?? [];
    reader.disconnect(true);
    return [];
  }

  /** What was read leaves Redis. Where that fails, the stream is bounded and expires by itself. */
  #trim(stream: string): void {
    this.commands.xtrim(stream, "MINID", this.#lastEntry).catch(() => undefined);
  }
}

function pairs(fields: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (let index = 0; index + 1 < fields.length; index += 2)
    found.set(fields[index] ?? "", fields[index + 1] ?? "");
  return found;
}
