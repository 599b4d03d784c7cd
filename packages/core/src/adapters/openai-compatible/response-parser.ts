/**
 * HTTP/1.1 responses as bytes come in, cut anywhere (RFC 9112). What a client of one server needs and nothing else:
 * a status, headers, and a body that is counted, chunked, or ended by the connection. Anything doubtful is refused,
 * because a response that is read differently from how it was meant ends in another question's answer.
 */

/** Bytes of a status line with its headers, and of a chunked body's trailers. */
export const headBytesMax = 64 * 1024;
/** Bytes of the line before a chunk: its size and what a server may add to it. */
const chunkLineBytesMax = 4 * 1024;
const headEnd = Buffer.from("\r\n\r\n");
const lineEnd = Buffer.from("\r\n");

export interface ResponseHead {
  readonly status: number;
  /** By lower-case name. Of a repeated header the first, except where repetition is refused. */
  readonly headers: ReadonlyMap<string, string>;
  /** Whether the server means to keep the connection. */
  readonly keepsAlive: boolean;
}

export interface ResponseHandler {
  onHead(head: ResponseHead): void;
  onData(bytes: Buffer): void;
  /** The response is whole. */
  onEnd(): void;
}

type State = "head" | "counted" | "chunk_line" | "chunk" | "chunk_end" | "trailers" | "unbounded";

const malformed = -1;

/** Reads one response. A response of status 1xx is passed over, as it announces the one that is read. */
export class ResponseParser {
  readonly #handler: ResponseHandler;
  #state: State | "done" = "head";
  /** The beginning of a line or head whose end has not come. */
  #held: Buffer | undefined;
  #bodyBytesLeft = 0;
  #trailerBytes = 0;

  constructor(handler: ResponseHandler) {
    this.#handler = handler;
  }

  get isDone(): boolean {
    return this.#state === "done";
  }

  /** Takes what arrived. False when it is no HTTP response, or when more came than the response has. */
  feed(bytes: Buffer): boolean {
    const input = this.#held === undefined ? bytes : Buffer.concat([this.#held, bytes]);
    this.#held = undefined;
    let at = 0;
    while (at < input.length && this.#state !== "done") {
      const next = this.#step(this.#state, input, at);
      if (next === malformed) return false;
      if (next === at) {
        this.#held = input.subarray(at);
        return true;
      }
      at = next;
    }
    return at === input.length;
  }

  /** The connection has ended. Whether the response is whole, which for an unbounded body is so by that alone. */
  finish(): boolean {
    if (this.#state === "unbounded") this.#end();
    return this.#state === "done";
  }

  /** Reads on from `at` and answers where it stopped: at `at` itself when more has to come. */
  #step(state: State, input: Buffer, at: number): number {
    switch (state) {
      case "head":
        return this.#readHead(input, at);
      case "counted":
      case "chunk":
        return this.#readCounted(state, input, at);
      case "chunk_line":
        return this.#readChunkLine(input, at);
      case "chunk_end":
        return this.#readChunkEnd(input, at);
      case "trailers":
        return this.#readTrailer(input, at);
      case "unbounded":
        this.#handler.onData(at === 0 ? input : input.subarray(at));
        return input.length;
    }
  }

  #readHead(input: Buffer, at: number): number {
    const end = input.indexOf(headEnd, at);
    if ((end === -1 ? input.length : end) - at > headBytesMax) return malformed;
    // Another protocol's greeting may never come to the end of a head.
    if (end === -1)
      return "HTTP/".startsWith(input.toString("latin1", at, at + 5)) ? at : malformed;
    const head = parseHead(input.toString("latin1", at, end));
    if (head === undefined || head.status === 101) return malformed;
    if (head.status >= 200) {
      const body = bodyOf(head);
      if (body === undefined) return malformed;
      this.#handler.onHead(head);
      if (body === "chunked") this.#state = "chunk_line";
      else if (body === "unbounded") this.#state = "unbounded";
      else this.#expect(body);
    }
    return end + headEnd.length;
  }

  #expect(bytes: number): void {
    this.#bodyBytesLeft = bytes;
    this.#state = "counted";
    if (bytes === 0) this.#end();
  }

  #readCounted(state: "counted" | "chunk", input: Buffer, at: number): number {
    const end = Math.min(input.length, at + this.#bodyBytesLeft);
    this.#bodyBytesLeft -= end - at;
    this.#handler.onData(input.subarray(at, end));
    if (this.#bodyBytesLeft > 0) return end;
    if (state === "chunk") this.#state = "chunk_end";
    else this.#end();
    return end;
  }

  #readChunkLine(input: Buffer, at: number): number {
    const end = input.indexOf(lineEnd, at);
    if ((end === -1 ? input.length : end) - at > chunkLineBytesMax) return malformed;
    if (end === -1) return at;
    // Thirteen digits are the most a number holds exactly.
    const size = /^([0-9a-f]{1,13})[\t ]*(?:;.*)?$/i.exec(input.toString("latin1", at, end))?.[1];
    if (size === undefined) return malformed;
    this.#bodyBytesLeft = Number.parseInt(size, 16);
    this.#state = this.#bodyBytesLeft === 0 ? "trailers" : "chunk";
    return end + lineEnd.length;
  }

  #readChunkEnd(input: Buffer, at: number): number {
    if (input.length - at < lineEnd.length) return at;
    if (input[at] !== lineEnd[0] || input[at + 1] !== lineEnd[1]) return malformed;
    this.#state = "chunk_line";
    return at + lineEnd.length;
  }

  /** Trailers say nothing that is used here. */
  #readTrailer(input: Buffer, at: number): number {
    const end = input.indexOf(lineEnd, at);
    if (this.#trailerBytes + (end === -1 ? input.length : end) - at > headBytesMax)
      return malformed;
    if (end === -1) return at;
    this.#trailerBytes += end - at;
    if (end === at) this.#end();
    return end + lineEnd.length;
  }

  #end(): void {
    this.#state = "done";
    this.#handler.onEnd();
  }
}

function parseHead(text: string): ResponseHead | undefined {
  const lines = text.split("\r\n");
  const start = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/.exec(lines[0] ?? "");
  if (start === null) return undefined;
  const headers = new Map<string, string>();
  for (let index = 1; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    // A name with a space before its colon, or a line that continues another, is read in different ways.
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) return undefined;
    const value = line.slice(colon + 1).trim();
    const known = headers.get(name);
    if (known === undefined) headers.set(name, value);
    else if (decidesLength(name) && known !== value) return undefined;
  }
  const connection = headers.get("connection")?.toLowerCase() ?? "";
  const keepsAlive =
    start[1] === "1" ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection);
  return { status: Number(start[2]), headers, keepsAlive };
}

function decidesLength(name: string): boolean {
  return name === "content-length" || name === "transfer-encoding";
}

/** How long the body is (RFC 9112, section 6.3); `undefined` where that cannot be told. */
function bodyOf({ status, headers }: ResponseHead): number | "chunked" | "unbounded" | undefined {
  if (status === 204 || status === 304) return 0;
  const encoding = headers.get("transfer-encoding");
  const length = headers.get("content-length");
  // Both together is how one response is smuggled into another.
  if (encoding !== undefined)
    return length === undefined && encoding.toLowerCase() === "chunked" ? "chunked" : undefined;
  if (length === undefined) return "unbounded";
  return /^\d{1,15}$/.test(length) ? Number(length) : undefined;
}
