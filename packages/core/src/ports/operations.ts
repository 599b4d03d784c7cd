import type { Problem, RouteId } from "@adyton/protocol";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Principal, Reply } from "./http.ts";

/** Who speaks on a connection, and whether a token said so. */
export interface Speaker {
  readonly principal: Principal;
  /** False for a caller that is known by its door alone. */
  readonly byToken: boolean;
}

/** A request for an operation, however it came. Of its parts nothing is checked yet. */
export interface OperationRequest {
  readonly route: RouteId;
  readonly speaker: Speaker;
  /** Path parameters and query, as text. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Parsed JSON; `undefined` where the operation takes none. */
  readonly body: unknown;
  /** What the message holds besides; anything in it is refused. */
  readonly rest: Readonly<Record<string, unknown>>;
  /** Of the whole message: its body has at most so many. */
  readonly bytes: number;
  readonly idempotencyKey?: string | undefined;
  readonly lastEventId?: number | undefined;
  readonly wantsStream: boolean;
  readonly preferAsyncAfterMs?: number | undefined;
  readonly signal: AbortSignal;
}

export type JsonRead =
  | { readonly kind: "parsed"; readonly value: unknown }
  | { readonly kind: "problem"; readonly problem: Problem };

/** Something there is a bounded amount of, and of which each caller may hold a share. */
export interface Room {
  /** False when there is no room for so much; then nothing is taken. */
  take(principal: Principal, amount: number): boolean;
  give(principal: Principal, amount: number): void;
}

/**
 * The operations of the table of routes behind every check that does not depend on how a request came: grant, schema,
 * limits. A door that is no HTTP server speaks through it.
 */
export interface Operations {
  /**
   * Never rejects: what is refused or fails is a problem. A stream's `write` never rejects either and must be called,
   * because its place among the streams is given back when it settles.
   */
  perform(request: OperationRequest): Promise<Reply>;
  /** Parses a message as strictly as a request's body. */
  readJson(bytes: Buffer): JsonRead;
  /** Bytes of what is received and not answered yet. */
  readonly bytes: Room;
  /** Sockets that speak in messages. */
  readonly sockets: Room;
}

/** The callers' tokens, as long as a connection lasts. */
export interface Callers {
  authenticate(bearer: string): Principal | undefined;
  /** The caller of an id; `undefined` when its token is no longer valid. */
  principal(id: string): Principal | undefined;
  /** Calls the listener once when the caller's token is not valid any more. Returns how to stop. */
  onEnd(id: string, listener: () => void): () => void;
}

/** A connection whose client asked for a WebSocket and may have one: its place among the sockets is taken. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** What came after the request's head. */
  readonly head: Buffer;
  readonly speaker: Speaker;
}
