import { connect, type Socket } from "node:net";
import { once } from "node:events";

// The load of the benches, in a process of its own: so many clients, each with one kept connection and one request
// under way. It speaks HTTP itself, because a general client would take more of the processor than what it measures.

export interface Load {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** One body for each client; `{n}` in it becomes a number that no other request has. */
  readonly bodies: readonly string[];
  /** Either ends the round, whichever comes first. */
  readonly seconds: number;
  readonly requestsMax?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The first answer that was no 2xx, as it came. */
  readonly refused: string | undefined;
}

class Client {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #resolve: ((status: number) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;
  last = "";

  constructor(port: number) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on("error", (error) => this.#reject?.(error));
    this.#socket.on("close", () => this.#reject?.(new Error("the connection was closed")));
  }

  async connected(): Promise<void> {
    await once(this.#socket, "connect");
  }

  /** Resolves with the status when the whole answer is there. */
  request(text: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#resolve = resolve;
    this.#reject = reject;
    this.#socket.write(text);
    return promise;
  }

  close(): void {
    this.#reject = undefined;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd === -1) return;
    const head = this.#received.toString("latin1", 0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    const isWhole =
      length === undefined
        ? this.#received.subarray(-7).equals(Buffer.from("\r\n0\r\n\r\n"))
        : this.#received.length >= headEnd + 4 + Number(length);
    if (!isWhole) return;
    const status = Number(head.slice(9, 12));
    if (status < 200 || status > 299) this.last = this.#received.toString("utf8");
    this.#received = Buffer.alloc(0);
    this.#resolve?.(status);
  }
}

let made = 0;

function requestText({ path, headers, port }: Load, body: string): string {
  made += 1;
  const whole = body.replace("{n}", `${process.pid}-${made}`);
  const lines = Object.entries({ ...headers, "Content-Type": "application/json" })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
  const host = `Host: 127.0.0.1:${port}\r\n`;
  return `POST ${path} HTTP/1.1\r\n${host}${lines}Content-Length: ${Buffer.byteLength(whole)}\r\n\r\n${whole}`;
}

/** Puts the load on a server for one round. */
async function run(load: Load): Promise<LoadResult> {
  const clients = load.bodies.map(() => new Client(load.port));
  await Promise.all(clients.map((client) => client.connected()));
  const tookMs: number[] = [];
  let refused: string | undefined;
  const startedMs = performance.now();
  const untilMs = startedMs + load.seconds * 1_000;
  const requestsMax = load.requestsMax ?? Number.POSITIVE_INFINITY;
  let begun = 0;
  await Promise.all(
    clients.map(async (client, index) => {
      while (performance.now() < untilMs && begun < requestsMax && refused === undefined) {
        begun += 1;
        const text = requestText(load, load.bodies[index] ?? "");
        const sentMs = performance.now();
        const status = await client.request(text);
        tookMs.push(performance.now() - sentMs);
        if (status < 200 || status > 299) refused = client.last;
      }
    }),
  );
  const seconds = (performance.now() - startedMs) / 1_000;
  for (const client of clients) client.close();
  tookMs.sort((left, right) => left - right);
  const at = (share: number) => tookMs[Math.floor(tookMs.length * share)] ?? Number.NaN;
  return { requests: tookMs.length, seconds, p50Ms: at(0.5), p99Ms: at(0.99), refused };
}

process.on("message", (load: Load) => {
  run(load).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on("disconnect", () => process.exit(0));
