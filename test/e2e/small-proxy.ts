import { connect, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { lastingPort } from "../../packages/core/test/lasting-port.ts";

/** What a proxy was asked for: the name as it came, never an address of ours. */
export interface Asked {
  readonly host: string;
  readonly port: number;
  readonly login: string | undefined;
}

export interface SmallProxyOptions {
  readonly kind: "socks5" | "http";
  readonly port?: number;
  /** `user:password`; without it everybody may. */
  readonly login?: string;
  /** Where a name is; nowhere when it answers `undefined`, and the proxy refuses. */
  readonly resolve: (asked: Asked) => number | undefined;
}

/** A proxy as there are many: SOCKS5 (RFC 1928, 1929) or HTTP's CONNECT, on the loopback. */
export class SmallProxy implements AsyncDisposable {
  readonly asked: Asked[] = [];
  /** What passed through it, both ways. */
  bytes = Buffer.alloc(0);
  port = 0;
  readonly #options: SmallProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();

  private constructor(options: SmallProxyOptions) {
    this.#options = options;
    this.#server = createServer((socket) => {
      this.#keep(socket);
      const serve = options.kind === "socks5" ? this.#socks5(socket) : this.#connect(socket);
      serve.catch(() => socket.destroy());
    });
  }

  static async start(options: SmallProxyOptions): Promise<SmallProxy> {
    const proxy = new SmallProxy(options);
    proxy.port = options.port ?? (await lastingPort());
    await new Promise<void>((resolve) => {
      proxy.#server.listen(proxy.port, "127.0.0.1", resolve);
    });
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #socks5(socket: Socket): Promise<void> {
    const [, methods = 0] = await read(socket, 2);
    const offered = [...(await read(socket, methods))];
    const { login: wanted } = this.#options;
    const method = wanted === undefined ? 0 : 2;
    socket.write(Buffer.of(5, offered.includes(method) ? method : 255));
    let login: string | undefined;
    if (method === 2) {
      const [, userBytes = 0] = await read(socket, 2);
      const user = await read(socket, userBytes);
      const [passwordBytes = 0] = await read(socket, 1);
      login = `${user.toString()}:${(await read(socket, passwordBytes)).toString()}`;
      socket.write(Buffer.of(1, login === wanted ? 0 : 1));
      if (login !== wanted) return;
    }
    const [, , , , hostBytes = 0] = await read(socket, 5);
    const host = (await read(socket, hostBytes)).toString();
    const port = (await read(socket, 2)).readUInt16BE();
    this.#join(socket, { host, port, login }, (isThere) =>
      Buffer.of(5, isThere ? 0 : 2, 0, 1, 0, 0, 0, 0, 0, 0),
    );
  }

  async #connect(socket: Socket): Promise<void> {
    let head = "";
    while (!head.endsWith("\r\n\r\n")) head += (await read(socket, 1)).toString();
    const [, host = "", port] = /^CONNECT ([^:]+):(\d+) /u.exec(head) ?? [];
    const basic = /^proxy-authorization: basic (.+)$/imu.exec(head)?.[1];
    const login = basic === undefined ? undefined : Buffer.from(basic.trim(), "base64").toString();
    if (this.#options.login !== undefined && login !== this.#options.login) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\n\r\n");
      return;
    }
    this.#join(socket, { host, port: Number(port), login }, (isThere) =>
      Buffer.from(`HTTP/1.1 ${isThere ? "200 Connection established" : "403 Forbidden"}\r\n\r\n`),
    );
  }

  #join(socket: Socket, asked: Asked, answer: (isThere: boolean) => Buffer): void {
    this.asked.push(asked);
    const port = this.#options.resolve(asked);
    if (port === undefined) {
      socket.end(answer(false));
      return;
    }
    const out = connect(port, "127.0.0.1", () => socket.write(answer(true)));
    this.#keep(out);
    for (const [from, to] of [
      [socket, out],
      [out, socket],
    ] as const) {
      from.on("data", (chunk: Buffer) => {
        this.bytes = Buffer.concat([this.bytes, chunk]);
        to.write(chunk);
      });
      from.once("close", () => to.destroy());
    }
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
  }
}

async function read(socket: Socket, bytes: number): Promise<Buffer> {
  if (bytes === 0) return Buffer.alloc(0);
  for (;;) {
    const chunk: unknown = socket.read(bytes);
    if (Buffer.isBuffer(chunk)) return chunk;
    if (socket.destroyed || socket.readableEnded) throw new Error("the connection ended");
    await new Promise<void>((resolve) => {
      const go = (): void => {
        socket.off("readable", go).off("close", go).off("end", go);
        resolve();
      };
      socket.once("readable", go).once("close", go).once("end", go);
    });
  }
}
