import { JournalPage, type Problem, problem, type RouteId } from "@adyton/protocol";
import { clientEnvelopes, type CloseReason, type ServerEnvelope } from "@adyton/protocol/envelopes";
import { routeOf } from "@adyton/protocol/messages";
import type { Reply } from "../../ports/http.ts";
import type { OperationRequest, Speaker } from "../../ports/operations.ts";
import type { Beating } from "./heartbeat.ts";
import { type Asked, type Fields, isFields, readEnvelope } from "./read-envelope.ts";
import type { Resumption, Subscription } from "./resumptions.ts";
import { SessionStream } from "./session-stream.ts";
import type { SocketContext } from "./socket-context.ts";
import { retryAfterSeconds } from "./socket-limits.ts";
import type { Wire } from "./wire.ts";

const subscribe = "subscribe";

/** A request that is not answered yet. */
interface UnderWay {
  readonly abort: AbortController;
  readonly isSubscription: boolean;
}

/**
 * One connection that speaks in messages: it tells requests from words about the connection, has the requests
 * performed beside each other, and gives each answer the id of its request. How messages are framed is the wire's
 * business.
 */
export class Session implements Beating {
  readonly #context: SocketContext;
  readonly #wire: Wire;
  #speaker: Speaker;
  #underWay: Map<string, UnderWay> | undefined;
  #unwatch: (() => void) | undefined;
  #resumption: Resumption | undefined;
  #subscription: Subscription | undefined;
  /** Of the subscription. */
  #stream: SessionStream | undefined;
  #isOver = false;
  #takenAtBeat = -1;

  /** The place among the sockets is taken already, in the speaker's name. */
  constructor(context: SocketContext, wire: Wire, speaker: Speaker) {
    this.#context = context;
    this.#wire = wire;
    this.#speaker = speaker;
    this.#watchToken();
  }

  get speaker(): Speaker {
    return this.#speaker;
  }

  get isBusy(): boolean {
    return (this.#underWay?.size ?? 0) > 0;
  }

  /** One whole message. */
  receive(bytes: Buffer): void {
    if (this.#isOver) return;
    const read = this.#context.operations.readJson(bytes);
    if (read.kind === "problem") return this.tellProblem(undefined, read.problem);
    if (!isFields(read.value)) {
      const errors = [{ path: "", message: "must be an object" }];
      return this.tellProblem(undefined, problem("invalid_body", { errors }));
    }
    const { type } = read.value;
    if (type === "hello") return this.#hello(read.value);
    if (type === "ack") return this.#acknowledge(read.value);
    if (type === "stop") return this.#stop(read.value);
    this.#ask(read.value, bytes.length);
  }

  /** Nothing can be said or heard any more: what is under way is given up, like a request whose client went away. */
  closed(): void {
    this.#unwatch?.();
    this.#isOver = true;
    this.#context.operations.sockets.give(this.#speaker.principal, 1);
    for (const { abort } of this.#underWay?.values() ?? []) abort.abort();
    if (this.#resumption !== undefined) this.#context.resumptions.broke(this.#resumption, this.end);
  }

  /** What was sent must have been taken in part since the last look, or the client is too slow. */
  beat(): void {
    const { waitingBytes, takenBytes } = this.#wire;
    const isStuck = waitingBytes > 0 && takenBytes === this.#takenAtBeat;
    this.#takenAtBeat = takenBytes;
    if (isStuck || this.#stream?.waitsTooLong() === true) this.close("slow");
  }

  close(reason: CloseReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (reason === "slow") this.#context.tooSlow();
    this.#wire.close(reason);
  }

  /** Says something without an id, or the last of a request. */
  tellProblem(id: string | undefined, given: Problem): void {
    this.send({ type: "problem", ...(id === undefined ? {} : { id }), problem: given });
  }

  /** False once the client is gone, or too slow for its buffer. */
  send(envelope: ServerEnvelope): boolean {
    if (this.#isOver) return false;
    if (this.#wire.waitingBytes > this.#context.limits.bufferBytesMax) {
      this.close("slow");
      return false;
    }
    this.#wire.send(JSON.stringify(envelope));
    return true;
  }

  /** Another connection has taken over. */
  readonly end = (): void => this.close("resume_expired");

  #ask(fields: Fields, bytes: number): void {
    const read = readEnvelope(fields);
    if (read.kind === "refused") return this.tellProblem(read.id, read.problem);
    const { id, asked } = read;
    const { principal, byToken } = this.#speaker;
    const now = byToken ? this.#context.callers.principal(principal.id) : principal;
    if (now === undefined) return this.close("unauthorized");
    const refusal = this.#refusal(id, asked) ?? this.#takeBytes(bytes);
    if (refusal !== undefined) return this.tellProblem(id, refusal);
    const { message, ...parts } = asked;
    const speaker = { principal: now, byToken };
    const isSubscription = message.type === subscribe;
    if (isSubscription) {
      const { after = "0", ...query } = parts.query;
      this.#subscription = { id, query, acked: Number(after) };
      if (this.#resumption !== undefined) this.#resumption.subscription = this.#subscription;
    }
    this.#start(id, { ...parts, bytes, speaker }, isSubscription);
  }

  #start(id: string, parts: Omit<OperationRequest, "signal">, isSubscription: boolean): void {
    const abort = new AbortController();
    this.#underWay ??= new Map();
    this.#underWay.set(id, { abort, isSubscription });
    const request = { ...parts, signal: abort.signal };
    void this.#answer(id, request, isSubscription).finally(() => {
      this.#underWay?.delete(id);
      if (isSubscription) this.#subscriptionEnded();
      this.#context.operations.bytes.give(parts.speaker.principal, parts.bytes);
      this.#wire.answered();
    });
  }

  #refusal(id: string, { message }: Asked): Problem | undefined {
    if (this.#underWay?.has(id) === true)
      return problem("conflict", { detail: "A request with this id is not answered yet." });
    if (message.type === subscribe && this.#subscription !== undefined)
      return problem("conflict", {
        detail: "A connection has one subscription; stop it, or open another connection.",
      });
    const { requestsMax } = this.#context.limits;
    if ((this.#underWay?.size ?? 0) < requestsMax) return undefined;
    return problem("busy", { detail: `${requestsMax} requests are under way already.` });
  }

  #takeBytes(bytes: number): Problem | undefined {
    if (this.#context.operations.bytes.take(this.#speaker.principal, bytes)) return undefined;
    return problem("busy", { detail: "Too many messages are under way.", retryAfterSeconds });
  }

  async #answer(id: string, request: OperationRequest, isSubscription: boolean): Promise<void> {
    const reply = await this.#context.operations.perform(request);
    if (reply.kind === "problem") return this.tellProblem(id, reply.problem);
    if (reply.kind !== "stream") return void this.send(resultOf(id, request.route, reply));
    const stream = new SessionStream({
      id,
      signal: request.signal,
      send: (envelope) => this.send(envelope),
      wire: this.#wire,
      unackedRecordsMax: this.#context.limits.unackedRecordsMax,
    });
    if (isSubscription) this.#stream = stream;
    await reply.write(stream);
    this.send({ type: "end", id });
  }

  /** One that was stopped is not resumed; one whose connection broke can be. */
  #subscriptionEnded(): void {
    this.#subscription = undefined;
    this.#stream = undefined;
    if (!this.#isOver && this.#resumption !== undefined) this.#resumption.subscription = undefined;
  }

  #stop(fields: Fields): void {
    const parsed = this.#parse(clientEnvelopes.stop, fields);
    if (parsed !== undefined) this.#underWay?.get(parsed.id)?.abort.abort();
  }

  #acknowledge(fields: Fields): void {
    const parsed = this.#parse(clientEnvelopes.ack, fields);
    if (parsed === undefined) return;
    this.#stream?.acknowledge(parsed.seq);
    const subscription = this.#subscription;
    if (subscription !== undefined) subscription.acked = Math.max(subscription.acked, parsed.seq);
  }

  #hello(fields: Fields): void {
    const hello = this.#parse(clientEnvelopes.hello, fields);
    if (hello === undefined) return;
    if (hello.token !== undefined && !this.#become(hello.token)) return;
    if (hello.resume !== undefined) return void this.#resume(hello.resume, hello.lastSeq);
    this.#resumption ??= this.#context.resumptions.begin(this.#speaker.principal.id, this.end);
    this.#resumption.subscription = this.#subscription;
    const { word: resume } = this.#resumption;
    this.send({ type: "ready", tier: this.#speaker.principal.tier, resume });
  }

  /** False when the connection is closed instead. What is under way goes on in the former caller's name. */
  #become(token: string): boolean {
    const { callers, operations, resumptions } = this.#context;
    const principal = callers.authenticate(token);
    if (principal === undefined) this.close("unauthorized");
    else if (!operations.sockets.take(principal, 1)) this.close("busy");
    if (principal === undefined || this.#isOver) return false;
    operations.sockets.give(this.#speaker.principal, 1);
    if (this.#resumption !== undefined && principal.id !== this.#speaker.principal.id) {
      resumptions.broke(this.#resumption, this.end);
      this.#resumption = undefined;
    }
    this.#speaker = { principal, byToken: true };
    this.#watchToken();
    return true;
  }

  #watchToken(): void {
    this.#unwatch?.();
    const { principal, byToken } = this.#speaker;
    this.#unwatch = byToken
      ? this.#context.callers.onEnd(principal.id, () => this.close("unauthorized"))
      : undefined;
  }

  async #resume(word: string, lastSeq: number | undefined): Promise<void> {
    const { tier, id: whose } = this.#speaker.principal;
    if (this.#subscription !== undefined || this.#resumption !== undefined)
      return this.tellProblem(
        undefined,
        problem("conflict", { detail: "A connection is resumed before anything else is asked." }),
      );
    const found = this.#context.resumptions.resume(word, whose, this.end);
    if (found === undefined) return this.close("resume_expired");
    this.#resumption = found;
    const { subscription } = found;
    this.#subscription = subscription;
    const wanted = lastSeq ?? subscription?.acked ?? 0;
    const last = (await this.#newestSeq()) ?? wanted;
    if (wanted > last) this.send({ type: "reset", tier, resume: word, last });
    else this.send({ type: "resumed", tier, resume: word, after: wanted });
    if (subscription === undefined || this.#isOver) return;
    const after = Math.min(wanted, last);
    subscription.acked = after;
    const query = { ...subscription.query, after: String(after) };
    this.#start(subscription.id, { ...newest(this.#speaker), query, wantsStream: true }, true);
  }

  /** `undefined` when the caller may not know; then the subscription itself is refused. */
  async #newestSeq(): Promise<number | undefined> {
    const signal = new AbortController().signal;
    const reply = await this.#context.operations.perform({ ...newest(this.#speaker), signal });
    return reply.kind === "json" ? JournalPage.parse(reply.body).next : undefined;
  }

  #parse<T>(
    schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
    fields: Fields,
  ): T | undefined {
    const parsed = schema.safeParse(fields);
    if (parsed.success) return parsed.data;
    const message = "must be what the specification says of its type, and hold no other key";
    this.tellProblem(undefined, problem("invalid_body", { errors: [{ path: "", message }] }));
    return undefined;
  }
}

/** The journal's newest record. */
function newest(speaker: Speaker): Omit<OperationRequest, "signal"> {
  const query = { last: "1" };
  const nothing = { params: {}, body: undefined, rest: {}, bytes: 0 };
  return { ...nothing, route: "getEvents", query, speaker, wantsStream: false };
}

function resultOf(
  id: string,
  route: RouteId,
  reply: Extract<Reply, { kind: "json" | "text" }>,
): ServerEnvelope {
  const headers = reply.kind === "json" ? reply.headers : undefined;
  const status = reply.kind === "json" ? reply.status : undefined;
  const isReplayed = headers?.["Idempotent-Replayed"] !== undefined;
  return {
    type: "result",
    id,
    status: status ?? routeOf({ route, type: route }).status,
    data: reply.body,
    ...(isReplayed ? { replayed: true } : {}),
  };
}
