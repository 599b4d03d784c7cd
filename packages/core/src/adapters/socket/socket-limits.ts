import {
  envelopeBytesMax,
  resumeMsMax,
  socketHeartbeatMs,
  socketRequestsMax,
  unackedRecordsMax,
} from "@adyton/protocol";

/** The limits of a socket; those that stand in the contract too, and the door's own. */
export interface SocketLimits {
  /** Bytes of one message. A larger frame closes its WebSocket with 1009; a longer line is refused and passed over. */
  readonly envelopeBytesMax: number;
  /** Requests of one socket under way at once. One more is refused with `busy`. */
  readonly requestsMax: number;
  /**
   * Milliseconds between two looks at a socket: whether it is there, takes what waits for it, and finishes a message
   * that counts. One that does not from one look to the next but one is closed.
   */
  readonly heartbeatMs: number;
  /** Bytes that wait for a slow client. With more, unless they are one message alone, its socket is closed with 4008. */
  readonly bufferBytesMax: number;
  /** Records sent to a client that acknowledges, and not acknowledged yet. The next one waits. */
  readonly unackedRecordsMax: number;
  /** Milliseconds for which a broken connection can be resumed. */
  readonly resumeMsMax: number;
  /** Broken connections that can be resumed. For one more the oldest is forgotten. */
  readonly resumptionsMax: number;
  /** Bytes of an unfinished message that are not counted against the caller's share. */
  readonly uncountedBytesMax: number;
  /** Fragments of one message in a WebSocket. One more closes it with 1008. */
  readonly fragmentsMax: number;
  /** Bytes of a line that is too long which are passed over. With more the connection is closed. */
  readonly skippedBytesMax: number;
  /** Milliseconds in which the first byte of a connection must have arrived. */
  readonly silentMsMax: number;
  /** Connections of one listener that have sent nothing yet. For one more the one that is silent for longest is closed. */
  readonly silentSocketsMax: number;
  /** Milliseconds between two looks whether a client that closed its sending side is still there. */
  readonly presenceCheckMs: number;
  /** Milliseconds a client has to take what was sent last before its connection is cut. */
  readonly lingerMs: number;
}

/** Seconds after which a client that met the bound on messages under way may try again. */
export const retryAfterSeconds = 2;

export const socketLimits: SocketLimits = {
  envelopeBytesMax,
  requestsMax: socketRequestsMax,
  heartbeatMs: socketHeartbeatMs,
  bufferBytesMax: 1024 * 1024,
  unackedRecordsMax,
  resumeMsMax,
  resumptionsMax: 4_096,
  uncountedBytesMax: 16 * 1024,
  fragmentsMax: 16 * 1024,
  skippedBytesMax: 1024 * 1024,
  silentMsMax: 10_000,
  silentSocketsMax: 1_024,
  presenceCheckMs: 1_000,
  lingerMs: 2_000,
};
