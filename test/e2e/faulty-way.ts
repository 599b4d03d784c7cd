import { connect, createServer, type Server, type Socket } from "node:net";
import { lastingPort } from "../../packages/core/test/lasting-port.ts";

/** What a way between two programs does to what is sent along it. */
export type WayState =
  | { readonly kind: "open" }
  /** Nobody listens, and what was open is broken. */
  | { readonly kind: "shut" }
  /** Takes everything, passes on nothing, also of what is open already. */
  | { readonly kind: "black_hole" }
  /** Passes answers on byte by byte. */
  | { readonly kind: "drip"; readonly everyMs: number }
  /** Passes on so many bytes of the answers on a connection, and no more. */
  | { readonly kind: "stall"; readonly afterBytes: number }
  /** Answers every request with this, in place of whoever is at the other end. */
  | { readonly kind: "answer"; readonly body: string };

/** A port that leads to another one, as well as it is told to. */
export class FaultyWay implements AsyncDisposable {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  readonly #target: () => number;
  #state: WayState = { kind: "open" };
  port = 0;

  private constructor(target: () => number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async to(target: () => number): Promise<FaultyWay> {
    const way = new FaultyWay(target);
    await way.#listen();
    return way;
  }

  async set(state: WayState): Promise<void> {
    const was = this.#state;
    this.#state = state;
    if (state.kind === "shut" && was.kind !== "shut") await this.#close();
    if (state.kind !== "shut" && was.kind === "shut") await this.#listen();
  }

  /** Breaks what is open. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state.kind !== "shut") await this.#close();
  }

  async #listen(): Promise<void> {
    if (this.port === 0) this.port = await lastingPort();
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(this.port, "127.0.0.1", resolve);
    });
  }

  #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => void this.#server.close(() => resolve()));
    this.cut();
    return closed;
  }

  #accept(socket: Socket): void {
    const out = connect(this.#target(), "127.0.0.1");
    let passedBytes = 0;
    for (const [each, other] of [
      [socket, out],
      [out, socket],
    ] as const) {
      this.#sockets.add(each);
      each.on("error", () => each.destroy());
      each.once("close", () => {
        this.#sockets.delete(each);
        other.destroy();
      });
    }
    socket.on("data", (chunk: Buffer) => {
      const state = this.#state;
      if (state.kind === "black_hole") return;
      if (state.kind !== "answer") return void out.write(chunk);
      const bytes = Buffer.byteLength(state.body);
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n${state.body}`,
      );
    });
    out.on("data", (chunk: Buffer) => {
      const state = this.#state;
      if (state.kind === "black_hole") return;
      if (state.kind === "drip") return drip(socket, chunk, state.everyMs);
      if (state.kind !== "stall") return void socket.write(chunk);
      const left = Math.max(0, state.afterBytes - passedBytes);
      passedBytes += chunk.length;
      socket.write(chunk.subarray(0, left));
    });
  }
}

function drip(socket: Socket, bytes: Buffer, everyMs: number): void {
  let at = 0;
  const timer = setInterval(() => {
    if (at < bytes.length && !socket.destroyed) socket.write(bytes.subarray(at, (at += 1)));
    else clearInterval(timer);
  }, everyMs);
  socket.once("close", () => clearInterval(timer));
}
