import { problem } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import type { Handlers, Principal, Reply, StreamSink } from "../../ports/http.ts";
import type { Tokens } from "../tokens.ts";

type Streaming = Pick<
  Handlers,
  | "sendMessage"
  | "followRun"
  | "getEvents"
  | "exportMemory"
  | "createChatCompletion"
  | "createResponse"
>;
type WhoIs = Pick<Tokens, "principal" | "onEnd">;

/**
 * Ends every stream with its caller's token: a request is let in once, but a stream lasts, and what is revoked or
 * expires must not go on reading. Its last event is then the problem `unauthorized`.
 */
export function endingStreams<H extends Streaming>(handlers: H, tokens: WhoIs): H {
  const ending =
    <C extends { readonly principal: Principal }>(handle: (call: C) => Promise<Reply>) =>
    async (call: C): Promise<Reply> => {
      const reply = await handle(call);
      if (reply.kind !== "stream") return reply;
      const { id } = call.principal;
      return { ...reply, write: (sink) => writeWhileValid(tokens, id, sink, reply.write) };
    };
  return {
    ...handlers,
    sendMessage: ending(handlers.sendMessage),
    followRun: ending(handlers.followRun),
    getEvents: ending(handlers.getEvents),
    exportMemory: ending(handlers.exportMemory),
    createChatCompletion: ending(handlers.createChatCompletion),
    createResponse: ending(handlers.createResponse),
  };
}

/** Throws `ProblemError` `unauthorized` when the caller's token ended before the stream did. */
async function writeWhileValid(
  tokens: WhoIs,
  id: string,
  inner: StreamSink,
  write: (sink: StreamSink) => Promise<void>,
): Promise<void> {
  const ended = new AbortController();
  const unwatch = tokens.onEnd(id, () => ended.abort());
  try {
    await write(new EndingSink(inner, ended, () => tokens.principal(id) !== undefined));
  } finally {
    unwatch();
  }
  if (!ended.signal.aborted) return;
  const detail = "The token of this stream is not valid any more.";
  throw new ProblemError(problem("unauthorized", { detail }));
}

/** A stream that takes nothing more once its caller's token has ended. */
class EndingSink implements StreamSink {
  readonly signal: AbortSignal;
  readonly #inner: StreamSink;
  readonly #ended: AbortController;
  readonly #isValid: () => boolean;

  constructor(inner: StreamSink, ended: AbortController, isValid: () => boolean) {
    this.#inner = inner;
    this.#ended = ended;
    this.#isValid = isValid;
    this.signal = AbortSignal.any([inner.signal, ended.signal]);
  }

  /** Asked with each event as well: a timer may be late, and the clock may be set. */
  send(event: Parameters<StreamSink["send"]>[0]): boolean {
    if (!this.#isValid()) this.#ended.abort();
    return !this.#ended.signal.aborted && this.#inner.send(event);
  }

  /** A promise for the whole stream would keep something of each race it was in, which is each record. */
  async drained(): Promise<void> {
    const { signal } = this.#ended;
    if (signal.aborted) return;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const onEnd = (): void => resolve();
    signal.addEventListener("abort", onEnd, { once: true });
    try {
      await Promise.race([this.#inner.drained(), over]);
    } finally {
      signal.removeEventListener("abort", onEnd);
    }
  }
}
