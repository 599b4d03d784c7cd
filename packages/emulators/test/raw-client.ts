import { request } from "node:http";

/** What a client saw on the wire, down to the reads its socket gave. */
export interface RawAnswer {
  /** 0 when the connection broke before any header. */
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly chunks: readonly Buffer[];
  readonly bytes: Buffer;
  readonly text: string;
  /** False when the connection broke before the answer's end. */
  readonly isComplete: boolean;
  readonly firstByteMs: number;
  readonly totalMs: number;
}

/** Sends one request on a connection of its own and reports what came back, broken or not. */
export function send(
  url: string,
  options: {
    readonly method?: string;
    readonly body?: unknown;
    readonly rawBody?: string | Buffer;
    readonly headers?: Record<string, string>;
    readonly signal?: AbortSignal;
  } = {},
): Promise<RawAnswer> {
  const payload =
    options.rawBody ?? (options.body === undefined ? "" : JSON.stringify(options.body));
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let status = 0;
    let firstByteMs = -1;
    let headers: NodeJS.Dict<string | string[]> = {};
    const settle = (isComplete: boolean) => {
      const bytes = Buffer.concat(chunks);
      const totalMs = performance.now() - startedMs;
      resolve({
        status,
        headers,
        chunks,
        bytes,
        text: bytes.toString(),
        isComplete,
        firstByteMs,
        totalMs,
      });
    };
    const outgoing = request(
      url,
      {
        method: options.method ?? (payload.length === 0 ? "GET" : "POST"),
        agent: false,
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(payload),
          ...options.headers,
        },
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      (incoming) => {
        firstByteMs = performance.now() - startedMs;
        status = incoming.statusCode ?? 0;
        headers = incoming.headers;
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", () => settle(false));
        incoming.on("end", () => settle(incoming.complete));
      },
    );
    outgoing.on("error", () => settle(false));
    outgoing.end(payload);
  });
}

/** The JSON value of an answer, for tests that look into it freely. */
export function json(answer: RawAnswer): Json {
  return new Json(JSON.parse(answer.text));
}

/** A parsed value and a path into it, so that tests need no casts. */
export class Json {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
  at(...path: readonly (string | number)[]): unknown {
    let place: unknown = this.value;
    for (const step of path) {
      place =
        typeof place === "object" && place !== null
          ? new Map<string, unknown>(Object.entries(place)).get(String(step))
          : undefined;
    }
    return place;
  }
  text(...path: readonly (string | number)[]): string {
    const value = this.at(...path);
    if (typeof value !== "string") throw new TypeError(`${path.join(".")} is not a text`);
    return value;
  }
  number(...path: readonly (string | number)[]): number {
    const value = this.at(...path);
    if (typeof value !== "number") throw new TypeError(`${path.join(".")} is not a number`);
    return value;
  }
}

/** The data lines of an event stream, [DONE] included. */
export function eventsOf(answer: RawAnswer): readonly string[] {
  return answer.text
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map((line) => line.slice(6));
}

/** The parsed chunks of a chat stream, without [DONE]. */
export function chunksOf(answer: RawAnswer): readonly Json[] {
  return eventsOf(answer)
    .filter((data) => data !== "[DONE]")
    .map((data) => new Json(JSON.parse(data)));
}

/** The text a chat stream adds up to. */
export function streamedText(answer: RawAnswer): string {
  return chunksOf(answer)
    .map((chunk) => {
      const content = chunk.at("choices", 0, "delta", "content");
      return typeof content === "string" ? content : "";
    })
    .join("");
}

/** A chat body with one user message. */
export function chat(text: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: "emulated-chat", messages: [{ role: "user", content: text }], ...more };
}

/** The text of a chat completion that is not streamed. */
export function textOf(answer: RawAnswer): string {
  return json(answer).text("choices", 0, "message", "content");
}
