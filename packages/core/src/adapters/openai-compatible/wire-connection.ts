import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { Clock } from "@adyton/runtime/clock";
import type { Address } from "./address.ts";
import { type ResponseHandler, ResponseParser } from "./response-parser.ts";

/**
 * `unreachable`: no connection. `stale`: a kept connection the server had closed meanwhile. `reset`: closed before the
 * answer began. `not_http`: bytes that are no HTTP. `tls`: no trust. `closed`: closed by this side.
 */
export type WireFault = "unreachable" | "stale" | "reset" | "not_http" | "tls" | "closed";

/** What a connection tells of the request it carries. */
export interface Carried extends ResponseHandler {
  /** The connection is gone, or of no more use, before the response was whole. */
  onFault(fault: WireFault): void;
}

/** So long before its announced end a kept connection is not used any more: a request would cross the close. */
const keepAliveMarginMs = 1_000;
/** Idle time after which the system asks whether the other side is still there. */
const tcpKeepAliveMs = 30_000;

export interface ConnectionOptions {
  readonly address: Address;
  readonly connectMsMax: number;
  readonly clock: Clock;
  /** Free for the next request. */
  readonly onFree: (connection: WireConnection) => void;
  readonly onClose: (connection: WireConnection) => void;
}

/** One connection to a server, which carries one request at a time. */
export class WireConnection implements Disposable {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  #connecting: Disposable | undefined;
  #carried: Carried | undefined;
  #parser: ResponseParser | undefined;
  /** Whether a byte of the present response has come. */
  #isAnswering = false;
  #answered = 0;
  #keepsAlive = false;
  #keptUntilMs = Number.POSITIVE_INFINITY;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = open(options.address);
    this.#socket.setNoDelay(true);
    this.#socket.setKeepAlive(true, tcpKeepAliveMs);
    this.#connecting = options.clock.setTimer(options.connectMsMax, () =>
      this.#fail("unreachable"),
    );
    const connected = options.address.isSecure ? "secureConnect" : "connect";
    this.#socket.once(connected, () => this.#connected());
    this.#socket.on("data", (bytes: Buffer) => this.#receive(bytes));
    this.#socket.on("end", () => this.#ended());
    this.#socket.on("error", (error) => this.#fail(this.#faultOf(error)));
    this.#socket.on("close", () => this.#fail(this.#faultOf()));
  }

  /** Whether the server has not announced that it will close about now. */
  get isFresh(): boolean {
    return this.#options.clock.monotonicMs() < this.#keptUntilMs;
  }

  /** Sends a request, and `more` behind it, whose response goes to `carried`. Only on a new or a free connection. */
  carry(request: string, carried: Carried, more?: Uint8Array): void {
    this.#carried = carried;
    this.#isAnswering = false;
    this.#parser = new ResponseParser({
      onHead: (head) => {
        this.#keepsAlive = head.keepsAlive;
        this.#keptUntilMs = this.#keptUntil(head.headers.get("keep-alive"));
        carried.onHead(head);
      },
      onData: (bytes) => carried.onData(bytes),
      onEnd: () => carried.onEnd(),
    });
    this.#socket.ref();
    this.#socket.write(request);
    if (more !== undefined) this.#socket.write(more);
  }

  /** Closes at once. The request it carries, if any, ends as `closed`. */
  [Symbol.dispose](): void {
    this.#fail("closed");
  }

  #connected(): void {
    this.#connecting?.[Symbol.dispose]();
    this.#connecting = undefined;
  }

  #keptUntil(hint: string | undefined): number {
    const seconds = hint === undefined ? undefined : /\btimeout=(\d{1,6})\b/.exec(hint)?.[1];
    if (seconds === undefined) return Number.POSITIVE_INFINITY;
    return this.#options.clock.monotonicMs() + Number(seconds) * 1_000 - keepAliveMarginMs;
  }

  #receive(bytes: Buffer): void {
    this.#isAnswering = true;
    // What comes unasked, a second response or the server's farewell, belongs to nobody.
    if (this.#parser?.feed(bytes) !== true) this.#fail("not_http");
    else if (this.#parser.isDone) this.#free();
  }

  /** The server sends no more: for a response without a length that is its end. */
  #ended(): void {
    if (this.#parser?.finish() === true) this.#carried = undefined;
    this.#fail(this.#faultOf());
  }

  /** Kept, unless the server wants it closed or has not taken the whole request. */
  #free(): void {
    this.#carried = undefined;
    this.#parser = undefined;
    this.#answered += 1;
    if (!this.#keepsAlive || this.#socket.writableLength > 0 || this.#socket.destroyed)
      return this.#fail("closed");
    this.#socket.unref();
    this.#options.onFree(this);
  }

  #fail(fault: WireFault): void {
    this.#connected();
    const carried = this.#carried;
    this.#carried = undefined;
    this.#socket.destroy();
    this.#options.onClose(this);
    carried?.onFault(fault);
  }

  #faultOf(error?: Error): WireFault {
    const code = error !== undefined && "code" in error ? String(error.code) : "";
    if (unreachableCodes.has(code)) return "unreachable";
    if (/^(EPROTO$|ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/.test(code))
      return "tls";
    if (this.#connecting !== undefined && !this.#options.address.isSecure) return "unreachable";
    return this.#answered > 0 && !this.#isAnswering ? "stale" : "reset";
  }
}

const unreachableCodes = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "ENOENT",
  "EACCES",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "ETIMEDOUT",
  "ECONNABORTED",
]);

function open({ hostname, port, isSecure, socketPath }: Address): Socket {
  if (socketPath !== undefined) return connectTcp({ path: socketPath });
  if (!isSecure) return connectTcp({ host: hostname, port });
  // Loaded only where it is spoken: most servers are on this machine, and loading it slows the start.
  const { connect } = process.getBuiltinModule("node:tls");
  // An address has no name to ask a certificate for (RFC 6066, section 3).
  const name = isIP(hostname) === 0 ? { servername: hostname } : {};
  return connect({ host: hostname, port, ALPNProtocols: ["http/1.1"], ...name });
}
