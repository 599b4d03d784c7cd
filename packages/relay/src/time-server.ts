import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { answerTime, timeLineBytesMax } from "@adyton/runtime/signed-time";
import { ListenError, requireTunnelAddress } from "./tunnel-address.ts";

export interface TimeServerOptions {
  /** An address of the tunnel. */
  readonly address: string;
  readonly port: number;
  readonly key: { reveal(): string };
  readonly nowMs?: () => number;
}

/** One more is cut off: a question takes a moment. */
export const questionsMax = 16;
const questionMsMax = 5_000;

/** Tells the node the time. Who does not have the key gets no answer. */
export class TimeServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor({ key, nowMs = Date.now }: TimeServerOptions) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      answer(socket, (line) => answerTime(key, line, nowMs()));
    });
    this.#server.maxConnections = questionsMax;
  }

  /** Throws `ListenError` when the address or the port cannot be had. */
  static async listen(options: TimeServerOptions): Promise<TimeServer> {
    const { address, port } = options;
    requireTunnelAddress(address);
    const time = new TimeServer(options);
    time.#server.listen({ host: address, port });
    try {
      await once(time.#server, "listening");
    } catch (cause) {
      throw new ListenError(`${address}:${port} cannot be opened`, { cause });
    }
    return time;
  }

  get port(): number {
    const bound = this.#server.address();
    return typeof bound === "object" && bound !== null ? bound.port : 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

/** Answers the first line, and cuts. */
function answer(socket: Socket, answerTo: (line: string) => string | undefined): void {
  let line = "";
  socket.setEncoding("latin1");
  const timer = setTimeout(() => socket.destroy(), questionMsMax);
  socket.once("close", () => clearTimeout(timer));
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: string) => {
    line += chunk;
    if (!line.includes("\n") && line.length <= timeLineBytesMax) return;
    const said = answerTo(line);
    if (said === undefined) socket.destroy();
    else socket.end(said);
  });
}
