import type { Grant, Problem, RouteId, routes, Tier } from "@adyton/protocol";
import type * as z from "zod";

/** An authenticated caller. */
export interface Principal {
  /** `owner`, `local`, or `token:NAME`. */
  readonly id: string;
  readonly tier: Tier;
  readonly grants: readonly Grant[];
  /** Whose words the caller's are: `owner`, `local`, or for a person's token its id. Decides who may see them. */
  readonly person: string;
}

/** A request that passed every check of its route: who, what, and how the answer is wanted. */
export interface Call {
  readonly principal: Principal;
  /** Path parameters, query and body as their schemas parsed them. */
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly idempotencyKey?: string;
  /** SHA-256 of the route's id and the raw body: tells a repetition from another request under the same key. */
  readonly fingerprint: Uint8Array;
  readonly lastEventId?: number;
  /** Whether `Accept` asks for server-sent events. */
  readonly wantsStream: boolean;
  /** From `Prefer` (RFC 7240): answer 202 at once, or once so many milliseconds are over. */
  readonly preferAsyncAfterMs?: number;
  /** Aborted when the client goes away before its answer. */
  readonly signal: AbortSignal;
}

/** Where a streamed answer is written. */
export interface StreamSink {
  /** False once the client is gone or too slow for its buffer; nothing more is written then. */
  send(event: { readonly id?: number; readonly event?: string; readonly data: unknown }): boolean;
  /** Resolves when what was sent has left the buffer, or the client is gone. */
  drained(): Promise<void>;
  readonly signal: AbortSignal;
}

export type Reply =
  | {
      readonly kind: "json";
      readonly status?: number;
      readonly body: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "text"; readonly body: string }
  | {
      readonly kind: "stream";
      /** Writes until done; the stream is closed when it settles. */
      readonly write: (sink: StreamSink) => Promise<void>;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly kind: "problem"; readonly problem: Problem };

type RouteOf<K extends RouteId> = Extract<(typeof routes)[number], { readonly id: K }>;
type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined;
type Part<R, Name extends string> = R extends { readonly [N in Name]: infer T } ? T : undefined;

/** A call of one route, with the types its schemas give. */
export interface CallOf<K extends RouteId> extends Omit<Call, "params" | "query" | "body"> {
  readonly params: Parsed<Part<RouteOf<K>, "params">>;
  readonly query: Parsed<Part<RouteOf<K>, "query">>;
  readonly body: Parsed<Part<Part<RouteOf<K>, "body">, "schema">>;
}

interface Typed<K extends RouteId> {
  handle(call: CallOf<K>): Promise<Reply>;
}
/** Written as a method, whose parameter is compared both ways: the edge calls each handler with what its schemas parsed. */
interface Untyped {
  handle(call: Call): Promise<Reply>;
}

export type Handler = Untyped["handle"];
export type Handlers = { readonly [K in RouteId]: Typed<K>["handle"] };

/** What a bearer token stands for; `undefined` when it is unknown, expired or revoked. */
export type Authenticate = (bearer: string) => Principal | undefined;
