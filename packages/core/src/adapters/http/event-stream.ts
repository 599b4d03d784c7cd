import type { ServerResponse } from "node:http";
import type { StreamSink } from "../../ports/http.ts";
import type { EdgeLimits } from "./edge-limits.ts";

type SentEvent = Parameters<StreamSink["send"]>[0];

/** How a stream's events are written: as server-sent events, or each as a line of JSON, which has no comments. */
export type StreamFraming = "events" | "lines";

/** How a stream ended: by its writer, by a client that went away, or by one that did not keep up. */
export type StreamEnd = "finished" | "gone" | "too_slow";

/**
 * One answer as server-sent events. What the client has not taken yet waits in memory, at most `streamBufferBytesMax`
 * bytes, or one larger event alone: a client that falls further behind is told so in a comment and cut off, and can resume by `Last-Event-ID`.
 */
export class EventStream implements StreamSink {
  readonly #response: ServerResponse;
  readonly #limits: EdgeLimits;
  readonly #framing: StreamFraming;
  readonly #abort = new AbortController();
  #heartbeat: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;
  #end: StreamEnd | undefined;
  /** Throws when the event is not one the specification allows; absent in production. */
  check: ((name: string | undefined, data: unknown) => void) | undefined;

  constructor(response: ServerResponse, limits: EdgeLimits, framing: StreamFraming = "events") {
    this.#response = response;
    this.#limits = limits;
    this.#framing = framing;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get end(): StreamEnd | undefined {
    return this.#end;
  }

  /** Sends the head at once, so that the client knows it is connected before anything happens. */
  open(headers: Readonly<Record<string, string>>): void {
    this.#response.writeHead(200, headers);
    this.#response.flushHeaders();
    this.#heartbeat = setInterval(() => this.beat(), this.#limits.streamHeartbeatMs);
  }

  send(event: SentEvent): boolean {
    this.check?.(event.event, event.data);
    return this.sendUnchecked(event);
  }

  sendUnchecked(event: SentEvent): boolean {
    const { id, event: name, data } = event;
    if (this.#framing === "lines")
      return this.#write(`${JSON.stringify(name === undefined ? data : { [name]: data })}\n`);
    const head =
      (id === undefined ? "" : `id: ${id}\n`) + (name === undefined ? "" : `event: ${name}\n`);
    return this.#write(`${head}data: ${JSON.stringify(data)}\n\n`);
  }

  /** What OpenAI's clients take for the stream's proper end; without it they would take a cut one for whole. */
  done(): void {
    this.#write("data: [DONE]\n\n");
  }

  drained(): Promise<void> {
    const response = this.#response;
    if (this.#end !== undefined || !response.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = () => {
        response.off("drain", settle).off("close", settle);
        resolve();
      };
      response.on("drain", settle).on("close", settle);
    });
  }

  /** Ends the stream. The client still gets what waits for it, if it takes it within `lingerMs`. */
  close(end: StreamEnd, comment?: string): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    clearInterval(this.#heartbeat);
    if (end === "gone") this.#response.destroy();
    else {
      const isTold = comment !== undefined && this.#framing === "events";
      this.#response.end(isTold ? `: ${comment}\n\n` : undefined);
      this.#linger = setTimeout(() => this.#response.destroy(), this.#limits.lingerMs);
    }
    this.#abort.abort();
  }

  /** The connection is closed; nothing waits any more. */
  released(): void {
    clearTimeout(this.#linger);
    this.close("gone");
  }

  /** A comment, which readers of events pass over. */
  beat(): void {
    if (this.#framing === "events") this.#write(": heartbeat\n\n");
  }

  #write(text: string): boolean {
    if (this.#end !== undefined) return false;
    if (!this.#hasRoom(Buffer.byteLength(text))) {
      this.close("too_slow", "closed: the client takes the events too slowly");
      return false;
    }
    this.#response.write(text);
    return true;
  }

  /**
   * One event may be larger than the bound when nothing else waits: refused, it would end the stream again on every
   * resume. Node holds back what is written within one tick; only what is left once that is sent tells a slow client.
   */
  #hasRoom(bytes: number): boolean {
    const response = this.#response;
    const { streamBufferBytesMax } = this.#limits;
    if (response.writableLength + bytes <= streamBufferBytesMax) return true;
    response.socket?.uncork();
    return response.writableLength === 0 || response.writableLength + bytes <= streamBufferBytesMax;
  }
}
