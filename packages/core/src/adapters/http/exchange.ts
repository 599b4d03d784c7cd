import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { openAiError, type Route, speaksOpenAi } from "@adyton/protocol";
import type { Principal, Reply } from "../../ports/http.ts";
import { type Admitted, admit } from "./admission.ts";
import { answer, answerRefusal, streamHeaders } from "./answer.ts";
import type { Edge } from "./edge.ts";
import { EventStream } from "./event-stream.ts";
import { failureOf } from "./failure.ts";
import { makeCall } from "./make-call.ts";
import { receive } from "./receive.ts";
import type { Refusal } from "./refusal.ts";
import { checkEvent, checkProblem, checkReply } from "./reply-check.ts";
import { takeStreamPlace, wantsStream } from "./stream-place.ts";

type StreamReply = Extract<Reply, { readonly kind: "stream" }>;

/**
 * One request and its answer: admission, body, parameters, handler, reply. Each step sees only what the former ones
 * let through. The client may go away at any moment; then the handler's signal is aborted and nothing is answered.
 */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly #edge: Edge;
  readonly #unnamed: Principal;
  #principal: Principal | undefined;
  #abort: AbortController | undefined;
  #gone = false;
  #holdsStream = false;
  #bodyBytes = 0;
  #stream: EventStream | undefined;
  #presence: NodeJS.Timeout | undefined;

  constructor(
    edge: Edge,
    {
      request,
      response,
      unnamed,
    }: Pick<Exchange, "request" | "response"> & { readonly unnamed: Principal },
  ) {
    this.#edge = edge;
    this.#unnamed = unnamed;
    this.request = request;
    this.response = response;
  }

  /** Runs until the answer is handed to the connection. Never rejects. */
  async run(): Promise<void> {
    let route: Route | undefined;
    try {
      const admitted = admit(this.#edge, this.request, this.#unnamed);
      if (admitted.kind === "refused") return this.#refuse(admitted);
      ({ route } = admitted);
      const { principal } = admitted;
      this.#principal = principal;
      const pending = receive(route, this.request, this.response, (bytes) =>
        this.#takeBodyBytes(principal, bytes),
      );
      const received = pending instanceof Promise ? await pending : pending;
      if (this.#gone || received.kind === "gone") return;
      if (received.kind === "refused") return this.#refuse(received);
      const made = makeCall(admitted, this.request, received, () => this.#signal());
      if (made.kind === "refused") return this.#refuse(made);
      const busy = wantsStream(route, made.call) ? this.#takeStreamPlace(principal) : undefined;
      if (busy !== undefined) return this.#refuse(busy);
      const handler = this.#edge.handlers.get(route.id);
      assert.ok(handler, `the route ${route.id} has no handler`);
      const reply = await handler(made.call);
      if (!this.#gone) await this.#reply(admitted, reply);
    } catch (error) {
      this.#fail(error, route);
    }
  }

  /** Whether the whole request has arrived: a fault of the connection then concerns a later one. */
  get received(): boolean {
    return this.request.complete;
  }

  get isOwners(): boolean {
    return this.#principal?.tier === "owner";
  }

  /**
   * The client closed its sending side. It may be gone, or have nothing more to say and still listen; only writing
   * tells, because on a closed connection the second write fails. A stream is sent heartbeats. Before an answer there
   * are interim ones (RFC 9110, section 15.2), which simple clients such as `nc` would take for the answer itself;
   * those send no User-Agent and are left in peace.
   */
  halfClosed(): void {
    const { headers, httpVersion } = this.request;
    const takesInterim = headers["user-agent"] !== undefined && httpVersion === "1.1";
    this.#presence ??= setInterval(() => {
      if (this.#stream !== undefined) this.#stream.beat();
      else if (takesInterim && !this.response.headersSent) this.response.writeProcessing();
    }, this.#edge.limits.presenceCheckMs);
  }

  /** The answer is out, or the connection is closed before it was. */
  closed(): void {
    clearInterval(this.#presence);
    if (!this.response.writableFinished) this.leave();
    const principal = this.#principal;
    if (principal !== undefined) {
      if (this.#holdsStream) this.#edge.streams.give(principal, 1);
      if (this.#bodyBytes > 0) this.#edge.bodyBytes.give(principal, this.#bodyBytes);
      this.#holdsStream = false;
      this.#bodyBytes = 0;
    }
    this.#stream?.released();
  }

  /** The server stops: a stream ends now, an answer under way may still be given. */
  stopping(): void {
    this.response.shouldKeepAlive = false;
    this.#stream?.close("finished", "closed: the node is stopping");
  }

  /** Nobody waits for the answer any more. */
  leave(): void {
    this.#gone = true;
    this.#abort?.abort();
  }

  #signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#gone) this.#abort.abort();
    return this.#abort.signal;
  }

  #takeStreamPlace(principal: Principal): Refusal | undefined {
    const busy = takeStreamPlace(this.#edge, principal);
    this.#holdsStream = busy === undefined;
    return busy;
  }

  /** The bytes count until the answer is out: for so long the body, or what was made of it, is kept. */
  #takeBodyBytes(principal: Principal, bytes: number): boolean {
    if (this.#gone || !this.#edge.bodyBytes.take(principal, bytes)) return false;
    this.#bodyBytes += bytes;
    return true;
  }

  async #reply({ route, principal }: Admitted, reply: Reply): Promise<void> {
    const { response } = this;
    if (reply.kind === "stream") {
      const busy = this.#holdsStream ? undefined : this.#takeStreamPlace(principal);
      return busy === undefined ? this.#streamOut(route, reply) : this.#refuse(busy);
    }
    if (reply.kind === "problem") {
      if (this.#edge.checkResponses) checkProblem(route, reply.problem);
      return this.#refuse({ kind: "refused", problem: reply.problem });
    }
    if (this.#edge.stopping) response.shouldKeepAlive = false;
    if (reply.kind === "text") {
      const type = `${route.response.mediaType}; charset=utf-8`;
      return answer(response, route.status, type, reply.body);
    }
    const status = reply.status ?? route.status;
    const text = JSON.stringify(reply.body);
    if (this.#edge.checkResponses) checkReply(route, status, text, reply.headers);
    return answer(response, status, "application/json", text, reply.headers);
  }

  async #streamOut(route: Route, reply: StreamReply): Promise<void> {
    const edge = this.#edge;
    const framing = route.stream === "lines" ? "lines" : "events";
    const stream = new EventStream(this.response, edge.limits, framing);
    this.#stream = stream;
    if (edge.checkResponses) stream.check = (name, data) => checkEvent(route, name, data);
    if (this.#edge.stopping) this.response.shouldKeepAlive = false;
    stream.open(streamHeaders(framing, reply.headers));
    if (this.request.method === "HEAD" || edge.stopping) return stream.close("finished");
    const isOpenAi = speaksOpenAi(route.path);
    try {
      await reply.write(stream);
      if (isOpenAi) stream.done();
    } catch (error) {
      // The status is out already; the stream's last event says what went wrong.
      const failure = failureOf(edge, error, route);
      const last = isOpenAi
        ? { event: "error", data: openAiError(failure) }
        : { event: "problem", data: failure };
      if (stream.end === undefined) stream.sendUnchecked(last);
    }
    if (stream.end === "too_slow") {
      edge.slowStreams++;
      edge.log({
        level: "warn",
        message: "a stream was closed because its client did not keep up",
        fields: { route: route.id },
      });
    }
    stream.close("finished");
  }

  #refuse(refusal: Refusal): void {
    if (this.#edge.stopping) this.response.shouldKeepAlive = false;
    answerRefusal(this.request, this.response, refusal, this.#edge.limits);
  }

  #fail(error: unknown, route: Route | undefined): void {
    if (this.#gone && isAbort(error)) return;
    const failure = failureOf(this.#edge, error, route);
    if (this.#gone) return;
    if (this.response.headersSent) this.response.destroy();
    else this.#refuse({ kind: "refused", problem: failure });
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
