import { type BlockList, connect, createServer, type Server, type Socket } from "node:net";
import { AddressError, AllowedAddresses, type Resolve } from "../allowed-addresses.ts";
import { ListenError, requireTunnelAddress } from "../tunnel-address.ts";
import { helloBytesMax, readClientHello } from "./client-hello.ts";
import type { Target } from "./target.ts";

// The blind relay: bytes in at a port, the same bytes out to one fixed server. TLS runs end to end between the node
// and that server, so there is nothing here to read, and nothing is kept: no file, no queue, no more of a connection in
// memory than the kernel's and one stream's buffers.

export interface ForwarderOptions {
  /** An address of the tunnel; never one the internet reaches. */
  readonly address: string;
  readonly targets: readonly Target[];
  /** Where the targets' addresses must lie; everywhere public when empty. */
  readonly ranges?: readonly BlockList[];
  readonly connectionsMax?: number;
  readonly idleMs?: number;
  /** A fact for the log: never a byte of what is forwarded. */
  readonly log: (message: string, fields?: Readonly<Record<string, string | number>>) => void;
  readonly resolve?: Resolve;
}

export type RefusalReason =
  | "not_tls"
  | "no_name"
  | "too_long"
  | "foreign_name"
  | "too_slow"
  | "too_many"
  | "no_address"
  | "foreign_address"
  | "unreachable";

const connectionsMaxDefault = 256;
/** A poll is answered after 50 seconds at the latest. */
const idleMsDefault = 120_000;
const helloMsMax = 10_000;
const connectMsMax = 10_000;
const bufferBytes = 16 * 1024;

/** Forwards until it is disposed. Throws `ListenError` when an address or a port cannot be had. */
export class Forwarder implements AsyncDisposable {
  readonly #options: ForwarderOptions;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #addresses: AllowedAddresses;
  /** Connections since the start. */
  forwarded = 0;
  readonly refused = new Map<RefusalReason, number>();
  /** Ports by target's host. */
  readonly ports = new Map<string, number>();

  private constructor(options: ForwarderOptions) {
    this.#options = options;
    this.#addresses = new AllowedAddresses(options);
  }

  static async listen(options: ForwarderOptions): Promise<Forwarder> {
    requireTunnelAddress(options.address);
    const forwarder = new Forwarder(options);
    try {
      for (const target of options.targets) await forwarder.#open(target);
    } catch (error) {
      await forwarder[Symbol.asyncDispose]();
      throw error;
    }
    return forwarder;
  }

  get open(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#servers.map(
      (server) => new Promise<void>((resolve) => void server.close(() => resolve())),
    );
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  #open(target: Target): Promise<void> {
    const { address } = this.#options;
    const server = createServer({ pauseOnConnect: false, highWaterMark: bufferBytes }, (socket) =>
      this.#accept(socket, target),
    );
    server.maxConnections = this.#options.connectionsMax ?? connectionsMaxDefault;
    server.on("drop", () => this.#refuse("too_many", target));
    this.#servers.push(server);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        new ListenError(`${address}:${target.listenPort} cannot be opened: ${error.code}`, {
          cause: error,
        }),
      ),
    );
    server.listen({ host: address, port: target.listenPort }, () => {
      const bound = server.address();
      if (bound !== null && typeof bound === "object") this.ports.set(target.host, bound.port);
      resolve();
    });
    return promise;
  }

  #accept(socket: Socket, target: Target): void {
    this.#keep(socket);
    let received: Buffer = Buffer.alloc(0);
    const timer = setTimeout(() => refuse("too_slow"), helloMsMax);
    const refuse = (reason: RefusalReason): void => {
      clearTimeout(timer);
      this.#refuse(reason, target);
      socket.destroy();
    };
    const look = (chunk: Buffer): void => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const read = readClientHello(received.subarray(0, helloBytesMax));
      if (read.kind === "more") return;
      socket.off("data", look);
      socket.pause();
      if (read.kind === "refused") return refuse(read.reason);
      if (read.server !== target.host) return refuse("foreign_name");
      clearTimeout(timer);
      void this.#forward(socket, target, received);
    };
    socket.on("data", look);
    socket.once("close", () => clearTimeout(timer));
  }

  async #forward(socket: Socket, target: Target, hello: Buffer): Promise<void> {
    const found = await this.#addressesOf(target);
    const out = typeof found === "string" ? undefined : await this.#reach(found, target);
    if (out === undefined) {
      this.#refuse(typeof found === "string" ? found : "unreachable", target);
      socket.destroy();
      return;
    }
    if (socket.destroyed) {
      out.destroy();
      return;
    }
    this.forwarded += 1;
    const idleMs = this.#options.idleMs ?? idleMsDefault;
    for (const [each, other] of [
      [socket, out],
      [out, socket],
    ] as const) {
      each.setTimeout(idleMs, () => each.destroy());
      each.once("close", () => other.destroy());
    }
    out.write(hello);
    socket.pipe(out);
    out.pipe(socket);
  }

  async #addressesOf({ host }: Target): Promise<readonly string[] | RefusalReason> {
    try {
      return (await this.#addresses.of(host)).map(({ address }) => address);
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      return error.code === "NO_ADDRESS" ? "no_address" : "foreign_address";
    }
  }

  /** Tries the addresses one after the other. */
  async #reach(addresses: readonly string[], { port }: Target): Promise<Socket | undefined> {
    for (const host of addresses) {
      const socket = connect({ host, port, noDelay: true });
      this.#keep(socket);
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const timer = setTimeout(() => resolve(false), connectMsMax);
      socket.once("connect", () => resolve(true)).once("close", () => resolve(false));
      const isThere = await promise;
      clearTimeout(timer);
      if (isThere) return socket;
      socket.destroy();
    }
    return undefined;
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    // What a connection dies of is its own business; its close is heard.
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
  }

  #refuse(reason: RefusalReason, { host }: Target): void {
    const times = (this.refused.get(reason) ?? 0) + 1;
    this.refused.set(reason, times);
    // A flood must not fill the log.
    if (times === 1 || times % 1_000 === 0) this.#options.log("refused", { reason, host, times });
  }
}
