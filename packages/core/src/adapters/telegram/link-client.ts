import type { LinkFrame } from "@adyton/protocol/link";
import {
  linkAnswerBytesMax,
  linkAnswerPartsMax,
  linkCallBytesMax,
  linkCallsMax,
  linkCutMsMax,
  linkFilePathPattern,
  linkHandshakeMsMax,
  linkVersion,
} from "@adyton/protocol/link-limits";
import type { Clock } from "@adyton/runtime/clock";
import { CodedError } from "@adyton/runtime/coded-error";
import { LinkConnection } from "@adyton/runtime/link/link-connection";
import {
  type NumberedFrame,
  readFrame,
  type UnnumberedFrame,
  writeFrame,
} from "@adyton/runtime/link/link-frame";
import { isSameProof, linkProof, newNonce } from "@adyton/runtime/link/link-proof";
import type { LinkSocket } from "@adyton/runtime/link/link-socket";
import { NumberedFrames } from "@adyton/runtime/link/numbered-frames";
import { backoffDelayMs, type Random } from "@adyton/runtime/retry";
import { Supervisor } from "@adyton/runtime/supervisor";
import { lostCode, replacedCode, tooLargeCode } from "./trouble.ts";

// The node's end of the link. Calls go to the relay as numbered frames, so each is made once, over as many connections as
// it takes. What is under way when the session ends (the relay was started anew, or the cut lasted too long) may or may
// not have been made: it fails like a connection that broke, and the outbox knows what to do about that.

/** Calls that wait for their turn; one more fails at once. */
export const linkWaitingMax = 1_024;
/** Bytes of answers that have not ended, of all calls together: four files and what methods answer. */
export const linkHeldBytesMax = 6 * linkAnswerBytesMax;
/** Whoever writes once the way is free again is heard within this time. */
const backoff = { baseMs: 500, capMs: 5_000 };
/** Two nodes with one relay would otherwise take it from each other without end. */
export const replacedWaitMs = 30_000;

const linkCodes = {
  /** It closed, or said nothing, before it had greeted. */
  silent: "RELAY_SILENT",
  /** It would not have this end's proof of the key, or had none of its own. */
  key: "RELAY_KEY",
  replaced: replacedCode,
  /** The session ended with calls under way. */
  lost: lostCode,
  busy: "RELAY_BUSY",
} as const;

/** A call that came to nothing, by a code of the link's, the relay's or the system's. It may have had its effect. */
class LinkError extends CodedError {}

export interface LinkAnswer {
  readonly status: number;
  readonly body: Buffer;
}

export interface LinkClientOptions {
  /** Opens a connection to the relay and hands it over before its first message. Rejects with the system's error. */
  readonly dial: (opened: (socket: LinkSocket) => void, signal: AbortSignal) => Promise<void>;
  readonly key: { reveal(): string };
  readonly clock: Clock;
  readonly random?: Random;
}

interface Pending {
  readonly settle: (outcome: LinkAnswer | LinkError) => void;
  status: number;
  readonly parts: Buffer[];
  bytes: number;
}

interface Session {
  readonly id: string;
  readonly frames: NumberedFrames;
  readonly calls: Map<number, Pending>;
  connection: LinkConnection | undefined;
  timer: Disposable | undefined;
}

type Asked =
  | { readonly type: "call"; readonly method: string; readonly contentType: string }
  | { readonly type: "file"; readonly path: string };

export class LinkClient implements AsyncDisposable {
  readonly #options: LinkClientOptions;
  readonly #supervisor: Supervisor;
  readonly #waiting = new Set<() => void>();
  #session: Session | undefined;
  #calls = 0;
  #underWay = 0;
  /** Why there is no session now. */
  #trouble: string = linkCodes.silent;

  constructor(options: LinkClientOptions) {
    this.#options = options;
    const { clock } = options;
    // Its loop ends with the signal alone.
    this.#supervisor = new Supervisor({ onFailure: () => undefined, clock });
  }

  /** Begins to connect, and goes on for ever. */
  start(): void {
    this.#supervisor.loop("link", (signal) => this.#connect(signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(linkCodes.lost);
    await this.#supervisor[Symbol.asyncDispose]();
  }

  /** Has the relay make a call. Rejects with `LinkError`, or with the signal's reason. */
  async call(asked: Asked, body: Buffer | undefined, signal: AbortSignal): Promise<LinkAnswer> {
    signal.throwIfAborted();
    if (body !== undefined && body.length > linkCallBytesMax)
      throw new LinkError("CALL_TOO_LARGE", "what a call sends along is too large");
    // The relay would cut the link for it, and for ever: a frame is sent again until it has arrived.
    if (asked.type === "file" && !linkFilePathPattern.test(asked.path))
      throw new LinkError("NOT_A_FILE", "a file's path is none of Telegram's");
    await this.#turn(signal);
    try {
      signal.throwIfAborted();
      return await this.#ask(asked, body, signal);
    } finally {
      this.#next();
    }
  }

  /** Resolves when a call may begin; it then counts as under way. Rejects while there are too many. */
  async #turn(signal: AbortSignal): Promise<void> {
    if (this.#underWay < linkCallsMax) {
      this.#underWay += 1;
      return;
    }
    if (this.#waiting.size >= linkWaitingMax)
      throw new LinkError(linkCodes.busy, "too many calls wait for the relay");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const leave = (): void => {
      if (this.#waiting.delete(resolve)) reject(reasonOf(signal));
    };
    this.#waiting.add(resolve);
    signal.addEventListener("abort", leave, { once: true });
    await promise.finally(() => signal.removeEventListener("abort", leave));
  }

  /** Hands the place of a call that has ended to the next one that waits. */
  #next(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#underWay -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }

  async #ask(asked: Asked, body: Buffer | undefined, signal: AbortSignal): Promise<LinkAnswer> {
    const session = this.#session;
    // Nothing is kept for a relay that is not there: a poll must not look as if it were under way.
    if (session === undefined) throw new LinkError(this.#trouble, "the relay is out of reach");
    this.#calls += 1;
    const call = this.#calls;
    const { promise, resolve, reject } = Promise.withResolvers<LinkAnswer>();
    const settle = (outcome: LinkAnswer | LinkError): void => {
      if (!session.calls.delete(call)) return;
      if (outcome instanceof LinkError) reject(outcome);
      else resolve(outcome);
    };
    session.calls.set(call, { settle, status: 0, parts: [], bytes: 0 });
    const abort = (): void => {
      if (!session.calls.delete(call)) return;
      reject(reasonOf(signal));
      this.#post(session, { type: "cancel", call });
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      this.#post(session, { ...asked, call }, body);
      return await promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** A session that ends has failed its calls already, so nobody is left to tell. */
  #post(session: Session, frame: UnnumberedFrame, body?: Buffer): void {
    session.frames.post(frame, body).catch(() => undefined);
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    for (let failures = 0; ;) {
      const isGreeted = await this.#connectOnce(signal);
      signal.throwIfAborted();
      failures = isGreeted ? 1 : failures + 1;
      const isReplaced = this.#trouble === linkCodes.replaced;
      const delayMs = isReplaced ? replacedWaitMs : backoffDelayMs(failures, backoff, random);
      await clock.sleep(delayMs, signal);
    }
  }

  /** One connection from its first byte to its last. Resolves with whether the relay has proved the key. */
  async #connectOnce(signal: AbortSignal): Promise<boolean> {
    const { clock, dial } = this.#options;
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    let isGreeted = false;
    let trouble: string = linkCodes.silent;
    const opened = (socket: LinkSocket): void => {
      const cut = (): void => socket.destroy();
      const timer = clock.setTimer(linkHandshakeMsMax, cut);
      signal.addEventListener("abort", cut, { once: true });
      const done = (): void => {
        timer[Symbol.dispose]();
        signal.removeEventListener("abort", cut);
        close();
      };
      socket.onClose = done;
      this.#greet(socket, {
        proving: () => (trouble = linkCodes.key),
        greeted: (session, received) => {
          isGreeted = true;
          timer[Symbol.dispose]();
          this.#attach({ socket, session, received, onClose: done });
        },
      });
    };
    try {
      await dial(opened, signal);
    } catch (error) {
      const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
      this.#trouble = typeof code === "string" ? `RELAY_${code}` : linkCodes.silent;
      return false;
    }
    await closed;
    if (!isGreeted) this.#trouble = trouble;
    return isGreeted;
  }

  /** Proves the key and has the relay prove it. Anything unexpected cuts the connection. */
  #greet(
    socket: LinkSocket,
    told: {
      /** From now on a relay that ends the connection does so for the key's sake. */
      readonly proving: () => void;
      readonly greeted: (session: Session, received: number) => void;
    },
  ): void {
    const { key } = this.#options;
    const coreNonce = newNonce();
    const session = this.#session?.id ?? null;
    const received = this.#session?.frames.received ?? 0;
    let relayNonce: string | undefined;
    socket.onMessage = (bytes) => {
      const frame = readFrame(bytes)?.frame;
      if (frame?.type === "challenge" && relayNonce === undefined) {
        relayNonce = frame.nonce;
        const proof = linkProof(key, "core", { relayNonce, coreNonce, session, received });
        const hello = { type: "hello", version: linkVersion, nonce: coreNonce } as const;
        told.proving();
        socket.send(writeFrame({ ...hello, session, received, proof }));
      } else if (frame?.type === "welcome" && relayNonce !== undefined) {
        const { type: _, proof, ...said } = frame;
        if (!isSameProof(proof, linkProof(key, "relay", { relayNonce, coreNonce, ...said })))
          return socket.destroy();
        const next = this.#welcomed(frame);
        if (next === undefined) return socket.destroy();
        told.greeted(next, frame.received);
      } else socket.destroy();
    };
  }

  /** The session that a welcome is for; `undefined` when the relay claims to have what was never sent. */
  #welcomed(frame: Extract<LinkFrame, { type: "welcome" }>): Session | undefined {
    const before = this.#session;
    if (frame.isResumed) {
      const isKnown = before?.id === frame.session && before.frames.canResume(frame.received);
      return isKnown ? before : undefined;
    }
    this.#end(linkCodes.lost);
    const session: Session = {
      id: frame.session,
      frames: new NumberedFrames(),
      calls: new Map(),
      connection: undefined,
      timer: undefined,
    };
    this.#session = session;
    return session;
  }

  #attach(attached: {
    readonly socket: LinkSocket;
    readonly session: Session;
    readonly received: number;
    readonly onClose: () => void;
  }): void {
    const { session, onClose, ...rest } = attached;
    const { clock } = this.#options;
    session.timer?.[Symbol.dispose]();
    session.connection = new LinkConnection({
      ...rest,
      frames: session.frames,
      onFrame: (read) => this.#take(session, read),
      onOther: ({ type }) => {
        if (type === "replaced") this.#end(linkCodes.replaced);
        return false;
      },
      onClose: () => {
        session.connection = undefined;
        session.timer = clock.setTimer(linkCutMsMax, () => {
          if (this.#session === session) this.#end(linkCodes.lost);
        });
        onClose();
      },
      clock,
    });
  }

  #take(
    session: Session,
    { frame, body }: { readonly frame: NumberedFrame; readonly body: Buffer },
  ): void {
    const pending = session.calls.get(frame.call);
    // An answer to a call that was taken back may have been on its way.
    if (pending === undefined) return;
    if (frame.type === "failed")
      return pending.settle(new LinkError(frame.code, "the relay could not make the call"));
    if (frame.type !== "result" && frame.type !== "more") return session.connection?.close();
    if (frame.type === "result") pending.status = frame.status;
    pending.parts.push(body);
    pending.bytes += body.length;
    if (isTooLarge(pending, session))
      pending.settle(new LinkError(tooLargeCode, "the answer is too large"));
    else if (frame.isLast)
      pending.settle({ status: pending.status, body: Buffer.concat(pending.parts) });
  }

  /** Ends the session: nobody knows any more what became of its calls. */
  #end(code: string): void {
    this.#trouble = code;
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    session.timer?.[Symbol.dispose]();
    session.frames.end();
    session.connection?.close();
    session.timer?.[Symbol.dispose]();
    for (const { settle } of session.calls.values())
      settle(new LinkError(code, "the relay does not know what became of the call"));
  }
}

/** A relay that somebody else has may send parts without bytes and without an end, or begin every answer and end none. */
function isTooLarge({ bytes, parts }: Pending, { calls }: Session): boolean {
  if (bytes > linkAnswerBytesMax || parts.length > linkAnswerPartsMax) return true;
  const heldBytes = calls.values().reduce((sum, each) => sum + each.bytes, 0);
  return heldBytes > linkHeldBytesMax;
}

const reasonOf = ({ reason }: AbortSignal): Error =>
  reason instanceof Error ? reason : new Error("the call was taken back");
