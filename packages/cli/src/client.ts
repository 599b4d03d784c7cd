import type { IncomingMessage } from "node:http";
import { Problem, type Route, type RouteId, routes } from "@adyton/protocol";
import type { Secret } from "@adyton/runtime/secret";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { Failure } from "./failure.ts";
import { portDefault, type NodeAddress } from "./node-address.ts";
import { answerSchema, type Answer, type Call } from "./route-types.ts";
import { textLines } from "./text-lines.ts";
import type { Translate } from "./texts/translate.ts";
import { http } from "@adyton/runtime/node-http";

/** Characters of one answer that is not a stream. More means that this is no node. */
const answerCharsMaxDefault = 64 * 1024 * 1024;
/** Characters of one server-sent event. */
const streamEventCharsMax = 8 * 1024 * 1024;
/** Silence after which a call of the quick kind is given up. */
const quietMsDefault = 30_000;

/** A model may read its prompt for minutes, and a large journal is verified for as long; the user has Ctrl-C. */
const patient: ReadonlySet<RouteId> = new Set([
  "sendMessage",
  "runCommand",
  "verifyJournal",
  "backupJournal",
  "previewForgetting",
  "forget",
]);

export type Outcome<T> =
  | { readonly kind: "ok"; readonly status: number; readonly value: T }
  | { readonly kind: "problem"; readonly problem: Problem };

interface Sending {
  readonly accept: string;
  readonly call: Call<RouteId>;
  readonly quietMs?: number | undefined;
}

/** The Reverse API as typed calls. It speaks to this machine alone, so the owner's token leaves it nowhere. */
export class Client {
  readonly #address: NodeAddress;
  readonly #socket: string | undefined;
  readonly #token: Secret | undefined;
  readonly #t: Translate;
  readonly #answerCharsMax: number;
  readonly #quietMs: number;
  // Nothing is kept open, so that the process ends with its last answer.
  readonly #agent = new http.Agent({ keepAlive: false });

  constructor(node: {
    readonly address: NodeAddress;
    /** The node's unix socket, in place of the address. It speaks as the owner and needs no token. */
    readonly socket?: string | undefined;
    readonly token: Secret | undefined;
    readonly t: Translate;
    readonly answerCharsMax?: number;
    readonly quietMs?: number;
  }) {
    this.#address = node.address;
    this.#socket = node.socket;
    this.#token = node.token;
    this.#t = node.t;
    this.#answerCharsMax = node.answerCharsMax ?? answerCharsMaxDefault;
    this.#quietMs = node.quietMs ?? quietMsDefault;
  }

  get port(): number {
    return this.#address.port;
  }

  /** The answer or the node's refusal. Throws `Failure` when no node answers, or not in this protocol. */
  async call<Id extends RouteId>(id: Id, call: Call<Id> = {}): Promise<Outcome<Answer<Id>>> {
    const quietMs = call.quietMs ?? (patient.has(id) ? undefined : this.#quietMs);
    const response = await this.#send(id, { accept: "application/json", call, quietMs });
    const text = await this.#readAll(response);
    const status = response.statusCode ?? 0;
    if (isProblem(response)) return { kind: "problem", problem: this.#parseProblem(text) };
    const parsed = answerSchema(id).safeParse(parseJson(text));
    if (!parsed.success) throw this.#foreign(`HTTP ${status}`);
    return { kind: "ok", status, value: parsed.data };
  }

  /** The same where a refusal ends the command. */
  async ask<Id extends RouteId>(id: Id, call: Call<Id> = {}): Promise<Answer<Id>> {
    const outcome = await this.call(id, call);
    if (outcome.kind === "problem") throw problemFailure(outcome.problem, this.#t);
    return outcome.value;
  }

  /**
   * Server-sent events until the stream ends or `signal` aborts. Throws `Failure` for a refusal, for a node that
   * does not answer, and for one that is silent for `quietMs`. Comments are no events; `onComment` gets them.
   */
  async *stream<Id extends RouteId>(
    id: Id,
    call: Call<Id>,
    watch: { readonly quietMs?: number; readonly onComment?: (text: string) => void } = {},
  ): AsyncGenerator<EventSourceMessage, void, undefined> {
    const response = await this.#send(id, {
      accept: "text/event-stream",
      call,
      quietMs: watch.quietMs,
    });
    if (isProblem(response))
      throw problemFailure(this.#parseProblem(await this.#readAll(response)), this.#t);
    if (!mediaType(response).startsWith("text/event-stream")) {
      response.destroy();
      throw this.#foreign(mediaType(response));
    }
    const waiting: EventSourceMessage[] = [];
    const parser = createParser({
      maxBufferSize: streamEventCharsMax,
      onEvent: (event) => waiting.push(event),
      ...(watch.onComment === undefined ? {} : { onComment: watch.onComment }),
      onError: (error) => {
        if (error.type === "max-buffer-size-exceeded") response.destroy(error);
      },
    });
    response.setEncoding("utf8");
    try {
      for await (const chunk of response) {
        parser.feed(String(chunk));
        yield* waiting.splice(0);
      }
    } catch (cause) {
      if (call.signal?.aborted !== true)
        throw new Failure("unreachable", { title: this.#t("client.broken"), cause });
      throw cause;
    }
  }

  /** The lines of an answer that is a stream of them. Throws `Failure` for a refusal, and where it breaks off. */
  async *lines<Id extends RouteId>(
    id: Id,
    call: Call<Id>,
    charsMax: number,
  ): AsyncGenerator<string, void, undefined> {
    const response = await this.#send(id, { accept: "application/x-ndjson", call });
    if (isProblem(response))
      throw problemFailure(this.#parseProblem(await this.#readAll(response)), this.#t);
    response.setEncoding("utf8");
    try {
      yield* textLines(response, charsMax);
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      throw new Failure("unreachable", { title: this.#t("client.broken"), cause });
    }
  }

  #send(id: RouteId, { accept, call, quietMs }: Sending): Promise<IncomingMessage> {
    const route: Route | undefined = routes.find((each) => each.id === id);
    if (route === undefined) throw new TypeError(`no route ${id}`);
    const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
    const headers = {
      accept,
      ...(body === undefined
        ? {}
        : { "content-type": "application/json", "content-length": body.length }),
      ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token.reveal()}` }),
      ...call.headers,
    };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const sent = http.request({
      agent: this.#agent,
      ...(this.#socket === undefined
        ? { host: this.#address.host, port: this.#address.port }
        : { socketPath: this.#socket }),
      method: route.method,
      path: target(route, call),
      headers,
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    sent.on("response", resolve);
    sent.on("error", (error: NodeJS.ErrnoException) =>
      reject(call.signal?.aborted === true ? error : this.#unreachable(error)),
    );
    if (quietMs !== undefined)
      sent.setTimeout(quietMs, () => {
        const seconds = Math.round(quietMs / 1_000);
        const silent = this.#t("client.silent", { address: this.#address.text, seconds });
        sent.destroy(new Failure("unreachable", { title: silent }));
      });
    sent.end(body);
    return promise;
  }

  async #readAll(response: IncomingMessage): Promise<string> {
    let text = "";
    response.setEncoding("utf8");
    try {
      for await (const chunk of response) {
        text += String(chunk);
        if (text.length > this.#answerCharsMax) throw this.#foreign(`> ${this.#answerCharsMax} B`);
      }
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      throw new Failure("unreachable", { title: this.#t("client.broken"), cause });
    }
    return text;
  }

  #parseProblem(text: string): Problem {
    const parsed = Problem.safeParse(parseJson(text));
    if (!parsed.success) throw this.#foreign("application/problem+json");
    return parsed.data;
  }

  #unreachable(cause: NodeJS.ErrnoException): Failure {
    if (cause instanceof Failure) return cause;
    const { text, port } = this.#address;
    const refused = cause.code === "ECONNREFUSED";
    const title = refused
      ? this.#t("client.refused", { address: text })
      : this.#t("client.unreachable", { address: text, code: cause.code ?? cause.name });
    const advice = this.#t("client.start", { port: port === portDefault ? "" : ` --port ${port}` });
    return new Failure("unreachable", { title, advice, cause });
  }

  #foreign(found: string): Failure {
    return new Failure("failed", {
      title: this.#t("client.foreign", { address: this.#address.text }),
      detail: this.#t("client.foreign_detail", { found }),
    });
  }
}

/** What the user sees of a refusal. */
export function problemFailure(problem: Problem, t: Translate): Failure {
  const faults = (problem.errors ?? []).map(({ path, message }) => `  ${path}: ${message}`);
  const detail = [problem.detail, ...faults].filter((line) => line !== undefined).join("\n");
  return new Failure("failed", {
    title: t(`problem.${problem.code}`),
    ...(detail === "" ? {} : { detail }),
    advice: problemAdvice(problem, t),
    data: problem,
  });
}

function problemAdvice({ code, retryAfterSeconds }: Problem, t: Translate): string | undefined {
  if (retryAfterSeconds !== undefined)
    return t("problem.retry_after", { seconds: retryAfterSeconds });
  if (code === "unauthorized" || code === "forbidden") return t("problem.advice.token");
  if (code === "backend_unavailable") return t("problem.advice.backend");
  if (code === "internal") return t("problem.advice.log");
  return undefined;
}

function target(route: Route, call: Call<RouteId>): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(call.params?.[name] ?? ""),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {}))
    if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

function mediaType(response: IncomingMessage): string {
  return response.headers["content-type"] ?? "";
}

function isProblem(response: IncomingMessage): boolean {
  return mediaType(response).startsWith("application/problem+json");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is like JSON of no known shape.
    return undefined;
  }
}
