import {
  linkAnswerBytesMax,
  linkCallsMax,
  linkChunkBytes,
  linkMethods,
} from "@adyton/protocol/link-limits";
import { spoolMethod } from "@adyton/protocol/link-spool-limits";
import type { NumberedFrame, UnnumberedFrame } from "@adyton/runtime/link/link-frame";
import { type NumberedFrames, SessionOver } from "@adyton/runtime/link/numbered-frames";
import type { BotApi, BotRequest } from "./bot-api.ts";
import type { UsageWatch } from "../usage/usage-watch.ts";
import type { CallFaults } from "./call-faults.ts";
import type { SessionWork } from "./link-host.ts";

export interface BotCallsOptions {
  readonly frames: NumberedFrames;
  readonly api: Pick<BotApi, "ask">;
  /** Answers what the node asks of the spool, where there is one; `undefined` to what it does not understand. */
  readonly askSpool?: ((body: string) => Promise<object | undefined>) | undefined;
  /** Counts what passes, where that is wanted. */
  readonly usage?: Pick<UsageWatch, "asked" | "answered"> | undefined;
  /** Told of calls that the relay does not make. */
  readonly faults: Pick<CallFaults, "refused">;
  /** The node has broken a rule of the link. */
  readonly fault: () => void;
}

const methods: ReadonlySet<string> = new Set(linkMethods);

/**
 * The calls of one session: each is made once, however often its frame comes, for the frames are numbered. Its answer is
 * kept until the node has it. When the session ends, what is under way is given up: nobody is left to tell.
 */
export class BotCalls implements SessionWork {
  readonly #options: BotCallsOptions;
  /** By call, those under way. */
  readonly #calls = new Map<number, AbortController>();

  constructor(options: BotCallsOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#calls.size;
  }

  take({ frame, body }: { readonly frame: NumberedFrame; readonly body: Buffer }): void {
    switch (frame.type) {
      case "call":
      case "file":
        return this.#begin(frame, body);
      case "cancel":
        return this.#takeBack(frame.call);
      default:
        // The rest is what a relay says.
        this.#options.fault();
    }
  }

  [Symbol.dispose](): void {
    for (const each of this.#calls.values()) each.abort();
  }

  /** The node counts it no more, so its place is free before it has ended: the next call may be in the same piece. */
  #takeBack(call: number): void {
    this.#calls.get(call)?.abort();
    this.#calls.delete(call);
  }

  #begin(frame: Extract<NumberedFrame, { type: "call" | "file" }>, body: Buffer): void {
    const { call } = frame;
    if (this.#calls.size >= linkCallsMax || this.#calls.has(call)) return this.#options.fault();
    const abort = new AbortController();
    this.#calls.set(call, abort);
    void this.#run(frame, body, abort.signal)
      .catch((error: unknown) => this.#fail(call, error, abort.signal))
      .finally(() => {
        if (this.#calls.get(call) === abort) this.#calls.delete(call);
      });
  }

  async #run(
    frame: Extract<NumberedFrame, { type: "call" | "file" }>,
    body: Buffer,
    signal: AbortSignal,
  ): Promise<void> {
    if (frame.type === "call" && frame.method === spoolMethod)
      return this.#passOn(frame.call, 200, [await this.#askSpool(body)], signal);
    const { api, faults, usage } = this.#options;
    if (frame.type === "call" && !methods.has(frame.method)) {
      faults.refused();
      throw new CallError("NOT_ALLOWED");
    }
    const wanted: BotRequest =
      frame.type === "file"
        ? { kind: "file", path: frame.path }
        : { kind: "method", name: frame.method, contentType: frame.contentType, body };
    usage?.asked(wanted);
    const answer = await api.ask(wanted, signal);
    const chunks = answer as AsyncIterable<Buffer>;
    const status = answer.statusCode ?? 0;
    await this.#passOn(frame.call, status, usage?.answered(wanted, chunks) ?? chunks, signal);
  }

  async #askSpool(body: Buffer): Promise<Buffer> {
    const { askSpool } = this.#options;
    if (askSpool === undefined) throw new CallError("NOT_ALLOWED");
    const answer = await askSpool(body.toString());
    if (answer === undefined) throw new CallError("NOT_UNDERSTOOD");
    return Buffer.from(JSON.stringify(answer));
  }

  /** Passes an answer on in parts. While the node takes none, none is read. */
  async #passOn(
    call: number,
    status: number,
    chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
    signal: AbortSignal,
  ): Promise<void> {
    let passed = 0;
    const post = async (part: Buffer, isLast: boolean): Promise<void> => {
      signal.throwIfAborted();
      const frame: UnnumberedFrame =
        passed === 0 ? { type: "result", call, status, isLast } : { type: "more", call, isLast };
      passed += 1;
      await this.#options.frames.post(frame, part);
    };
    let bytes = 0;
    let held = Buffer.alloc(0);
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > linkAnswerBytesMax) throw new CallError("ANSWER_TOO_LARGE");
      held = Buffer.concat([held, chunk]);
      while (held.length > linkChunkBytes) {
        await post(held.subarray(0, linkChunkBytes), false);
        held = held.subarray(linkChunkBytes);
      }
    }
    await post(held, true);
  }

  async #fail(call: number, error: unknown, signal: AbortSignal): Promise<void> {
    // Nobody waits for a call that was taken back.
    if (signal.aborted || error instanceof SessionOver) return;
    try {
      await this.#options.frames.post({ type: "failed", call, code: codeOf(error) });
    } catch (over) {
      if (!(over instanceof SessionOver)) throw over;
    }
  }
}

class CallError extends Error {
  readonly code: "NOT_ALLOWED" | "NOT_UNDERSTOOD" | "ANSWER_TOO_LARGE";

  constructor(code: CallError["code"]) {
    super(code);
    this.code = code;
  }
}

/** A code of the system's or of ours. The message of a foreign error may hold the address, and with it the token. */
function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : "FAILED";
}
