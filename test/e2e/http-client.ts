import { Agent, type IncomingMessage, request as httpRequest } from "node:http";

/** A small client over node:http: kept connections, a bound on every wait, nothing hidden. */

export interface Ask {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Until the whole answer is there. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  /** The body parsed as JSON; tests look into it freely. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

export interface StreamEvent {
  readonly id: string | undefined;
  readonly event: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
}

const timeoutMsDefault = 40_000;

export class Client implements Disposable {
  readonly port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 });

  constructor(port: number) {
    this.port = port;
  }

  /** Sends one request and reads its answer whole. Rejects when the connection breaks or time is over. */
  async ask(path: string, options: Ask = {}): Promise<Answer> {
    const response = await this.#open(path, options);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    if (!response.complete) throw new Error(`${path}: the answer was cut`);
    const text = Buffer.concat(chunks).toString("utf8");
    const isJson = /[/+]json/.test(response.headers["content-type"] ?? "");
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
  }

  /** Opens a stream of server-sent events; leaving the loop closes the connection. Refusals are thrown as text. */
  async *stream(path: string, options: Ask = {}): AsyncGenerator<StreamEvent> {
    const headers = { accept: "text/event-stream", ...options.headers };
    const response = await this.#open(path, { ...options, headers });
    try {
      if (!/event-stream/.test(response.headers["content-type"] ?? "")) {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        throw new Error(`${response.statusCode}: ${Buffer.concat(chunks).toString()}`);
      }
      response.setEncoding("utf8");
      let rest = "";
      for await (const chunk of response) {
        const blocks = (rest + String(chunk)).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const event = parseEvent(block);
          if (event !== undefined) yield event;
        }
      }
    } finally {
      response.destroy();
    }
  }

  async events(path: string, options: Ask = {}): Promise<StreamEvent[]> {
    const all: StreamEvent[] = [];
    for await (const event of this.stream(path, options)) all.push(event);
    return all;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  #open(path: string, options: Ask): Promise<IncomingMessage> {
    const { body, token } = options;
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const timeoutMs = options.timeoutMs ?? timeoutMsDefault;
    return new Promise((resolve, reject) => {
      const request = httpRequest({
        host: "127.0.0.1",
        port: this.port,
        path,
        agent: this.#agent,
        method: options.method ?? (body === undefined ? "GET" : "POST"),
        headers: {
          // A client that names itself is taken for one that understands interim answers.
          "user-agent": "adyton-e2e",
          ...(payload === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...options.headers,
        },
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
      const timer = setTimeout(
        () => request.destroy(new Error(`${path}: no whole answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      request.on("close", () => clearTimeout(timer));
      request.on("error", reject);
      request.on("response", resolve);
      request.end(payload);
    });
  }
}

/** One block of a stream; `undefined` for a comment. The node ends its lines with a line feed alone. */
function parseEvent(block: string): StreamEvent | undefined {
  const fields = new Map<string, string>();
  for (const line of block.split("\n")) {
    const [, name = "", value = ""] = /^([a-z]*): ?(.*)$/s.exec(line) ?? [];
    if (name !== "") fields.set(name, value);
  }
  const data = fields.get("data");
  if (data === undefined) return undefined;
  return { id: fields.get("id"), event: fields.get("event") ?? "message", data: JSON.parse(data) };
}
