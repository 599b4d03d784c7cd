// Clients of the sockets for the tests: a WebSocket made by hand, which can therefore break every rule of RFC 6455, and
// lines. Each keeps what was said to it, or hands it on.
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { serverEnvelopes } from "@adyton/protocol/envelopes";

export interface Said {
  readonly type: keyof typeof serverEnvelopes;
  readonly id?: string;
  readonly seq?: number;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly [key: string]: any;
}

const waitMsMax = 20_000;

/** What both framings share. */
export abstract class MessageSocket implements Disposable {
  readonly socket: Socket;
  readonly said: Said[] = [];
  /** Told of each message before it is kept. */
  onSaid: ((said: Said) => void) | undefined;
  isClosed = false;
  readonly #watchers = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    const over = () => {
      this.isClosed = true;
      this.changed();
    };
    socket.on("close", over).on("error", over);
  }

  abstract tell(message: object): void;

  /** The first thing said that fits. Rejects when the connection is closed before, and after twenty seconds. */
  until(fits: (said: Said) => boolean): Promise<Said> {
    return this.waitFor(() => this.said.find(fits));
  }

  /** The last of a request's answers. */
  answer(id: string): Promise<Said> {
    return this.until((said) => said.id === id && ["result", "problem", "end"].includes(said.type));
  }

  waitFor<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        this.#watchers.delete(again);
      };
      const fail = (why: string) => {
        settle();
        reject(new Error(`${why} after ${JSON.stringify(this.said.slice(-3)).slice(0, 500)}`));
      };
      const again = () => {
        const found = look();
        if (found !== undefined) {
          settle();
          resolve(found);
        } else if (this.isClosed) fail("closed");
      };
      const timer = setTimeout(() => fail("nothing"), waitMsMax);
      this.#watchers.add(again);
      again();
    });
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  protected hear(text: string): void {
    const said = JSON.parse(text) as Said;
    serverEnvelopes[said.type].parse(said);
    this.onSaid?.(said);
    if (this.onSaid === undefined) this.said.push(said);
    this.changed();
  }

  protected changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}

/** Lines, on the unix socket or a port. */
export class Lines extends MessageSocket {
  constructor(where: { readonly path: string } | { readonly port: number }) {
    super(connect(Object.assign({ allowHalfOpen: true, host: "127.0.0.1" }, where)));
    let rest = "";
    this.socket.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") this.hear(line);
    });
  }

  tell(message: object): void {
    this.socket.write(`${JSON.stringify(message)}\n`);
  }
}

export interface Handshake {
  readonly port: number;
  readonly token?: string | undefined;
  readonly headers?: readonly string[];
  readonly subprotocol?: string;
}

/** One frame of a client: its payload is masked. */
export function frame(payload: Buffer, first = 0x81): Buffer {
  const size = payload.length;
  const length = size < 126 ? 2 : size < 65_536 ? 4 : 10;
  const head = Buffer.alloc(length + 4);
  head[0] = first;
  head[1] = 0x80 | (size < 126 ? size : size < 65_536 ? 126 : 127);
  if (length === 4) head.writeUInt16BE(size, 2);
  if (length === 10) head.writeBigUInt64BE(BigInt(size), 2);
  const mask = randomBytes(4);
  mask.copy(head, length);
  const masked = Buffer.from(payload);
  for (let index = 0; index < size; index++)
    masked[index] = (masked[index] ?? 0) ^ (mask[index & 3] ?? 0);
  return Buffer.concat([head, masked]);
}

/** A WebSocket made by hand. */
export class RawWebSocket extends MessageSocket {
  /** The status line and headers of the answer to the handshake, and the body of a refusal. */
  head: string | undefined;
  closeCode: number | undefined;
  pings = 0;
  answersPings = true;
  #buffer = Buffer.alloc(0);

  constructor({ port, token, headers = [], subprotocol = "adyton.v1+json" }: Handshake) {
    super(connect({ port, host: "127.0.0.1" }));
    const lines = [
      "GET /api/v1/ws HTTP/1.1",
      ...(headers.some((header) => /^host:/i.test(header)) ? [] : [`Host: 127.0.0.1:${port}`]),
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
      ...(subprotocol === "" ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
      ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
      ...headers,
    ];
    this.socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    this.socket.on("data", (chunk: Buffer) => this.#arrived(chunk));
  }

  /** Resolves when the handshake is done; rejects when it is refused. */
  static async open(handshake: Handshake): Promise<RawWebSocket> {
    const socket = new RawWebSocket(handshake);
    const head = await socket.waitFor(() => socket.head);
    if (!head.startsWith("HTTP/1.1 101")) throw new Error(head);
    return socket;
  }

  tell(message: object): void {
    this.socket.write(frame(Buffer.from(JSON.stringify(message))));
  }

  /** Resolves with the close code the node gave. */
  closed(): Promise<number> {
    return this.waitFor(() => this.closeCode ?? (this.isClosed ? 1006 : undefined));
  }

  /** The answer to a refused handshake, once it is whole. */
  async refusal(): Promise<{ readonly status: number; readonly code: string }> {
    await this.waitFor(() => (this.isClosed ? true : undefined));
    const [head = "", body = "{}"] = (this.head ?? "").split("\r\n\r\n");
    const status = Number(head.split(" ")[1]);
    return { status, code: (JSON.parse(body) as { code: string }).code };
  }

  #arrived(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    if (this.head === undefined || !this.head.startsWith("HTTP/1.1 101")) {
      const end = this.#buffer.indexOf("\r\n\r\n");
      if (end === -1) return;
      const isOpen = this.#buffer.toString("latin1", 0, 12) === "HTTP/1.1 101";
      this.head = this.#buffer.toString("utf8", 0, isOpen ? end : undefined);
      if (!isOpen) return this.changed();
      this.#buffer = this.#buffer.subarray(end + 4);
      this.changed();
    }
    while (this.#takeFrame());
  }

  #takeFrame(): boolean {
    const buffer = this.#buffer;
    const small = (buffer[1] ?? 0) & 0x7f;
    const start = small < 126 ? 2 : small === 126 ? 4 : 10;
    if (buffer.length < start) return false;
    const size =
      small < 126
        ? small
        : small === 126
          ? buffer.readUInt16BE(2)
          : Number(buffer.readBigUInt64BE(2));
    if (buffer.length < start + size) return false;
    const payload = buffer.subarray(start, start + size);
    this.#buffer = buffer.subarray(start + size);
    const opcode = (buffer[0] ?? 0) & 0x0f;
    if (opcode === 1) this.hear(payload.toString());
    if (opcode === 8) {
      this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      this.changed();
    }
    if (opcode === 9) {
      this.pings++;
      if (this.answersPings) this.socket.write(frame(Buffer.from(payload), 0x8a));
      this.changed();
    }
    return true;
  }
}
