import { StringDecoder } from "node:string_decoder";
import { createParser } from "eventsource-parser";
import type { ReasoningFilter } from "../../domain/model/reasoning-filter.ts";
import type { ToolCall } from "../../ports/backend.ts";
import { ChatChunk, cutText, finishOf, hasSeparateReasoning, type TextEnd } from "./chat-wire.ts";
import { readServerError, type ServerError } from "./failures.ts";
import { answerCharsMax, streamBytesMax, streamEventCharsMax } from "./limits.ts";
import { ToolCalls } from "./tool-calls.ts";
import { parseJson } from "./wire-client.ts";

/**
 * `open`: more may come. `announced`: the model named its end, the usage may still come. `done`: `[DONE]`, or the
 * connection ended properly. `full`: the answer is as long as one may be. `broken`: what follows cannot be trusted.
 */
export type StreamState = "open" | "announced" | "done" | "full" | "broken";

export interface StreamCollectorOptions {
  readonly filter: ReasoningFilter;
  readonly onDelta: (text: string) => void;
}

/**
 * Turns the bytes of a chat stream into text. An event that cannot be read ends the stream there: going on would leave
 * a hole in the middle of a sentence that nobody sees.
 */
export class StreamCollector {
  readonly #filter: ReasoningFilter;
  readonly #onDelta: (text: string) => void;
  readonly #decoder = new StringDecoder("utf8");
  readonly #parser = createParser({
    onEvent: ({ data }) => this.#onData(data),
    // Unknown fields are allowed to be there; only an event over the limit ends the stream.
    onError: ({ type }) => {
      if (type === "max-buffer-size-exceeded") this.#break("too_large");
    },
    maxBufferSize: streamEventCharsMax,
  });
  #bytes = 0;
  #state: StreamState = "open";
  readonly #toolCalls = new ToolCalls();
  #finish: TextEnd | undefined;
  #usage: unknown;
  #model: unknown;
  #error: ServerError | undefined;
  #problem: "too_large" | "unreadable" | undefined;
  #sawDelta = false;
  #sawEvent = false;
  #shownChars = 0;

  constructor(options: StreamCollectorOptions) {
    this.#filter = options.filter;
    this.#onDelta = options.onDelta;
  }

  get state(): StreamState {
    return this.#state;
  }

  get finish(): TextEnd | undefined {
    return this.#finish;
  }

  /** The tools that were called. Of a broken stream the last one may be half a call. */
  get toolCalls(): readonly ToolCall[] {
    return this.#toolCalls.all;
  }

  get usage(): unknown {
    return this.#usage;
  }

  get model(): unknown {
    return this.#model;
  }

  /** What the server put into the stream instead of an answer. */
  get error(): ServerError | undefined {
    return this.#error;
  }

  get problem(): "too_large" | "unreadable" | undefined {
    return this.#problem;
  }

  /** Whether anything at all came that is an event. */
  get sawEvent(): boolean {
    return this.#sawEvent;
  }

  /** Whether text was handed on. */
  get wasShown(): boolean {
    return this.#shownChars > 0;
  }

  /** Takes bytes as they came, cut anywhere. What `onDelta` throws passes through. */
  feed(bytes: Uint8Array): StreamState {
    this.#bytes += bytes.length;
    if (this.#bytes > streamBytesMax) this.#break("too_large");
    if (!this.#isOver) this.#parser.feed(this.#decoder.write(bytes));
    return this.#state;
  }

  /** The stream is over: hands on what was held back. */
  end(): void {
    if (!this.#isOver) {
      // Some servers leave out the empty line after their last event.
      this.#parser.feed(`${this.#decoder.end()}\n\n`);
    }
    if (this.#state === "announced") this.#state = "done";
    const isComplete = this.#state === "done" && (this.#finish ?? "stop") === "stop";
    this.#show(this.#filter.end(isComplete));
  }

  get #isOver(): boolean {
    return this.#state === "done" || this.#state === "full" || this.#state === "broken";
  }

  #onData(data: string): void {
    if (this.#isOver) return;
    this.#sawEvent = true;
    if (data === "[DONE]") {
      this.#state = "done";
      return;
    }
    const body = parseJson(data);
    const error = readServerError(body);
    if (error !== undefined) {
      this.#error = error;
      this.#state = "broken";
      return;
    }
    const chunk = ChatChunk.safeParse(body);
    if (chunk.success) this.#onChunk(chunk.data);
    else this.#break("unreadable");
  }

  #onChunk(chunk: ChatChunk): void {
    this.#model ??= chunk.model;
    if (chunk.usage !== undefined && chunk.usage !== null) this.#usage = chunk.usage;
    const choice = chunk.choices?.find(({ index }) => index === undefined || index === 0);
    if (choice === undefined) return;
    if (hasSeparateReasoning(choice.delta)) this.#filter.expectNone();
    const piece = choice.delta?.content ?? "";
    if (piece !== "") this.#sawDelta = true;
    // Servers that ignore `stream`, or repeat the whole answer at the end, put it into `message`.
    const text = this.#sawDelta ? piece : (choice.message?.content ?? "");
    if (text !== "" && this.#state === "open") this.#show(this.#filter.push(text));
    const calls = choice.delta?.tool_calls ?? choice.message?.tool_calls;
    if (this.#state === "open" && !this.#toolCalls.take(calls)) {
      this.#break("unreadable");
      return;
    }
    const finish = finishOf(choice.finish_reason);
    if (finish === undefined) return;
    if (this.#isOver) return;
    this.#finish = finish;
    this.#state = "announced";
  }

  #show(text: string): void {
    const shown = cutText(text, answerCharsMax - this.#shownChars);
    if (shown !== "") {
      this.#shownChars += shown.length;
      this.#onDelta(shown);
    }
    if (shown.length < text.length) {
      this.#finish = "length";
      this.#state = "full";
    }
  }

  #break(problem: "too_large" | "unreadable"): void {
    this.#problem = problem;
    this.#state = "broken";
  }
}
