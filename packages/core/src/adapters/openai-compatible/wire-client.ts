import type { Clock } from "@adyton/runtime/clock";
import type { Address } from "./address.ts";
import type { ResponseHead } from "./response-parser.ts";
import { type Carried, WireConnection, type WireFault } from "./wire-connection.ts";

/**
 * One server over HTTP/1.1 with kept connections. Not `node:http` and no library: in front of a model server that
 * answers at once their clients took a third of the main thread's time for a turn (docs/adr/0016).
 */

export type { WireFault } from "./wire-connection.ts";

export interface WireCall {
  readonly method: "GET" | "POST";
  /** After the base path, with a leading slash. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  readonly form?: Form;
  readonly accept?: string;
  /** On a connection of its own, which is closed afterwards. */
  readonly isSeparate?: boolean;
}

/** A body that is no JSON. */
export interface Form {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** Takes a response's body. */
export interface BodyReader {
  onData(bytes: Buffer): void;
  /** Once, at last: whether the body came whole. */
  onEnd(isWhole: boolean): void;
}

export interface Response {
  readonly status: number;
  header(name: string): string | undefined;
  /** Hands the body on as it comes, from its beginning. Once. */
  read(reader: BodyReader): void;
  /** Closes the connection: the rest of the body is not wanted. The reader is told that it is not whole. */
  close(): void;
}

export type WireResponse =
  | { readonly kind: "response"; readonly response: Response }
  | { readonly kind: "fault"; readonly fault: WireFault };

export interface Exchange {
  readonly response: Promise<WireResponse>;
  /** Closes the connection at once; harmless when all is over. */
  close(): void;
}

export type Body =
  | { readonly kind: "complete"; readonly text: string }
  | { readonly kind: "too_large" }
  | { readonly kind: "broken" };

export interface WireOptions {
  readonly address: Address;
  readonly apiKey?: { reveal(): string } | undefined;
  readonly connectMsMax: number;
  readonly clock: Clock;
}

/** Connections kept without a request under way. */
const idleConnectionsMax = 64;

export class WireClient implements Disposable {
  readonly address: Address;
  readonly #options: WireOptions;
  readonly #open = new Set<WireConnection>();
  /** The one used last is used next: what the load does not need falls idle, and the server closes it. */
  readonly #idle: WireConnection[] = [];

  constructor(options: WireOptions) {
    this.address = options.address;
    this.#options = options;
  }

  send(call: WireCall): Exchange {
    const isSeparate = call.isSeparate === true;
    const connection = (isSeparate ? undefined : this.#kept()) ?? this.#connect(isSeparate);
    const exchange = new CarriedExchange(connection);
    connection.carry(this.#requestText(call), exchange, call.form?.bytes);
    return exchange;
  }

  /** Closes the kept connections that are idle, so that the next request gets a new one. */
  dropIdle(): void {
    for (const connection of this.#idle.splice(0)) connection[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    for (const connection of this.#open) connection[Symbol.dispose]();
  }

  #kept(): WireConnection | undefined {
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      if (kept.isFresh) return kept;
      kept[Symbol.dispose]();
    }
    return undefined;
  }

  #connect(isSeparate: boolean): WireConnection {
    const { address, connectMsMax, clock } = this.#options;
    const connection = new WireConnection({
      address,
      connectMsMax,
      clock,
      onFree: (free) => {
        if (isSeparate || this.#idle.length >= idleConnectionsMax) free[Symbol.dispose]();
        else this.#idle.push(free);
      },
      onClose: (closed) => {
        this.#open.delete(closed);
        const index = this.#idle.indexOf(closed);
        if (index !== -1) this.#idle.splice(index, 1);
      },
    });
    this.#open.add(connection);
    return connection;
  }

  /** The head of a request, with its body where that is text. */
  #requestText({ method, path, body, form, accept }: WireCall): string {
    const { address, apiKey } = this.#options;
    const lines = [
      `${method} ${address.basePath}${path} HTTP/1.1`,
      `Host: ${address.host}`,
      `Accept: ${accept ?? "application/json"}`,
      "Accept-Encoding: identity",
    ];
    if (apiKey !== undefined) lines.push(`Authorization: Bearer ${apiKey.reveal()}`);
    if (body !== undefined)
      lines.push("Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`);
    if (form !== undefined)
      lines.push(`Content-Type: ${form.contentType}`, `Content-Length: ${form.bytes.length}`);
    return `${lines.join("\r\n")}\r\n\r\n${body ?? ""}`;
  }
}

/** A request under way, and its response. */
class CarriedExchange implements Exchange, Response, Carried {
  readonly response: Promise<WireResponse>;
  readonly #settle: (response: WireResponse) => void;
  readonly #connection: WireConnection;
  #head: ResponseHead | undefined;
  #reader: BodyReader | undefined;
  /** What came before there was a reader: there is one as soon as whoever waits for the response runs. */
  #early: Buffer[] = [];
  #end: "whole" | "broken" | undefined;

  constructor(connection: WireConnection) {
    this.#connection = connection;
    const { promise, resolve } = Promise.withResolvers<WireResponse>();
    this.response = promise;
    this.#settle = resolve;
  }

  get status(): number {
    return this.#head?.status ?? 0;
  }

  header(name: string): string | undefined {
    return this.#head?.headers.get(name);
  }

  read(reader: BodyReader): void {
    this.#reader = reader;
    const end = this.#end;
    for (const bytes of this.#early.splice(0)) {
      reader.onData(bytes);
      // Closed by the reader, which has been told.
      if (this.#end !== end) return;
    }
    if (end !== undefined) reader.onEnd(end === "whole");
  }

  close(): void {
    if (this.#end === undefined) this.#connection[Symbol.dispose]();
  }

  onHead(head: ResponseHead): void {
    this.#head = head;
    this.#settle({ kind: "response", response: this });
  }

  onData(bytes: Buffer): void {
    if (this.#end !== undefined) return;
    if (this.#reader === undefined) this.#early.push(bytes);
    else this.#reader.onData(bytes);
  }

  onEnd(): void {
    this.#over("whole");
  }

  onFault(fault: WireFault): void {
    this.#settle({ kind: "fault", fault });
    this.#over("broken");
  }

  #over(end: "whole" | "broken"): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#reader?.onEnd(end === "whole");
  }
}

/** Reads a body as UTF-8 up to `bytesMax`; a larger one is cut off with its connection. */
export function readBody(
  response: Response,
  bytesMax: number,
  onBytes?: () => void,
): Promise<Body> {
  const { promise, resolve } = Promise.withResolvers<Body>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.read({
    onData: (chunk) => {
      onBytes?.();
      bytes += chunk.length;
      if (bytes <= bytesMax) {
        chunks.push(chunk);
        return;
      }
      resolve({ kind: "too_large" });
      response.close();
    },
    onEnd: (isWhole) => {
      const [only] = chunks;
      const whole = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
      resolve(isWhole ? { kind: "complete", text: whole.toString("utf8") } : { kind: "broken" });
    },
  });
  return promise;
}

/** Text as JSON, or `undefined` when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
