import { requestReceiveMsMax, socketsMax, streamHeartbeatMs, streamsMax } from "@adyton/protocol";

/**
 * The limits of the HTTP edge that are no part of the contract. Those a client must know stand in the protocol's
 * limits; what happens at each is stated beside it and tested at the limit and one above.
 */
export interface EdgeLimits {
  /** Connections open at once. For one more the one that is missed least is closed, or else the new one itself. */
  readonly connectionsMax: number;
  /** Milliseconds in which the first byte of a connection must have arrived. Later it is closed. */
  readonly silentConnectionMs: number;
  /** Milliseconds in which a client must have taken a part of what waits for it. Later its connection is cut. */
  readonly stalledAnswerMs: number;
  /** Milliseconds in which the headers of a request must have arrived. Later is refused with `request_timeout`. */
  readonly headersReceiveMsMax: number;
  /** Milliseconds in which a whole request must have arrived. Later is refused with `request_timeout`. */
  readonly requestReceiveMsMax: number;
  /** Milliseconds an idle connection is kept for the client's next request. */
  readonly idleConnectionMs: number;
  /** Milliseconds between two looks for late requests: a late one is answered at most so much after its time. */
  readonly lateCheckMs: number;
  /** Streams open at once. One more is refused with `busy`. */
  readonly streamsMax: number;
  /** Streams kept free for the owner, of `streamsMax`. */
  readonly streamsForOwner: number;
  /** Streams that one token may have open at once. */
  readonly streamsPerTokenMax: number;
  /** Streams that all callers without a token may have open at once. */
  readonly streamsLocalMax: number;
  /** Bytes of the bodies of all requests that are not answered yet. A request with more is refused with `busy`. */
  readonly bodyBytesMax: number;
  /** Bytes of bodies kept free for the owner, of `bodyBytesMax`. */
  readonly bodyBytesForOwner: number;
  /** Bytes of bodies that one token may have under way at once. */
  readonly bodyBytesPerTokenMax: number;
  /** Bytes of bodies that all callers without a token may have under way at once. */
  readonly bodyBytesLocalMax: number;
  /** Sockets that speak in messages, open at once. One more is refused with `busy`. */
  readonly socketsMax: number;
  /** Sockets kept free for the owner, of `socketsMax`. */
  readonly socketsForOwner: number;
  /** Sockets that one token may have open at once. */
  readonly socketsPerTokenMax: number;
  /** Sockets that all callers without a token may have open at once. */
  readonly socketsLocalMax: number;
  /** Milliseconds between two heartbeats of a stream. */
  readonly streamHeartbeatMs: number;
  /** Bytes of one stream that wait for a slow client. At more the stream is closed, unless one event alone is larger. */
  readonly streamBufferBytesMax: number;
  /** Milliseconds a client has to take what was sent last before its connection is cut. */
  readonly lingerMs: number;
  /** Bytes of a refused body that are read away so that the client sees the refusal. At more the connection is cut. */
  readonly refusedBodyBytesMax: number;
  /** Milliseconds between two looks whether a client that closed its sending side is still there. */
  readonly presenceCheckMs: number;
  /** Milliseconds that running requests have to finish when the server closes. */
  readonly closeMs: number;
}

/** The limits of a running node. */
export const edgeLimits: EdgeLimits = {
  connectionsMax: 1_024,
  silentConnectionMs: 2_000,
  stalledAnswerMs: 30_000,
  headersReceiveMsMax: 10_000,
  requestReceiveMsMax,
  idleConnectionMs: 65_000,
  lateCheckMs: 1_000,
  streamsMax,
  streamsForOwner: 32,
  streamsPerTokenMax: 64,
  streamsLocalMax: 32,
  bodyBytesMax: 48 * 1024 * 1024,
  bodyBytesForOwner: 16 * 1024 * 1024,
  bodyBytesPerTokenMax: 16 * 1024 * 1024,
  bodyBytesLocalMax: 8 * 1024 * 1024,
  socketsMax,
  socketsForOwner: 256,
  socketsPerTokenMax: 1_024,
  socketsLocalMax: 256,
  streamHeartbeatMs,
  streamBufferBytesMax: 1024 * 1024,
  lingerMs: 2_000,
  refusedBodyBytesMax: 1024 * 1024,
  presenceCheckMs: 1_000,
  closeMs: 10_000,
};

/** Characters of a bearer token. A longer one is malformed. */
export const bearerCharsMax = 512;
/** Faults of a body that are listed. */
export const bodyFaultsMax = 20;
/** Tries to find one free port for all addresses when port 0 is asked for. */
export const portTriesMax = 10;
/** Seconds after which a client that met the bound on streams may try again. */
export const streamRetryAfterSeconds = 5;
/** Seconds after which a client that met the bound on bodies under way may try again. */
export const bodyRetryAfterSeconds = 2;
/** Milliseconds between two log lines about connections that could not be accepted. */
export const acceptFaultLogMs = 10_000;
