import { randomBytes } from "node:crypto";
import type { LinkFrame } from "@adyton/protocol/link";
import { linkHandshakeMsMax, linkSessionMsMax, linkVersion } from "@adyton/protocol/link-limits";
import type { Clock } from "@adyton/runtime/clock";
import { LinkConnection } from "@adyton/runtime/link/link-connection";
import { type NumberedFrame, readFrame, writeFrame } from "@adyton/runtime/link/link-frame";
import { isSameProof, linkProof, newNonce } from "@adyton/runtime/link/link-proof";
import type { LinkSocket } from "@adyton/runtime/link/link-socket";
import { NumberedFrames } from "@adyton/runtime/link/numbered-frames";
import type { RareLog } from "./rare-log.ts";

/** What is done in a session. Ends with it. */
export interface SessionWork extends Disposable {
  take(read: { readonly frame: NumberedFrame; readonly body: Buffer }): void;
}

export interface LinkHostOptions {
  readonly key: { reveal(): string };
  /** Begins the work of a new session. Whoever breaks its rules is cut off by `fault`. */
  readonly work: (frames: NumberedFrames, fault: () => void) => SessionWork;
  readonly clock: Clock;
  readonly log: (message: string, fields?: Readonly<Record<string, string | number>>) => void;
  readonly rareLog: Pick<RareLog, "say">;
}

type Hello = Extract<LinkFrame, { type: "hello" }>;

interface Session {
  readonly id: string;
  readonly frames: NumberedFrames;
  readonly work: SessionWork;
  connection: LinkConnection | undefined;
  /** Ends the session when nobody comes back for it. */
  timer: Disposable | undefined;
}

/** Connections that have not said who they are. One more is cut. */
export const strangersMax = 8;

/**
 * The relay's end of the link. One node has it at a time: whoever proves the key takes it over. A node that was cut off
 * goes on where it was; a session that nobody comes back for ends after a minute.
 */
export class LinkHost implements Disposable {
  readonly #options: LinkHostOptions;
  readonly #strangers = new Set<LinkSocket>();
  #session: Session | undefined;
  /** Connections that were cut because they did not prove the key in time. */
  refused = 0;

  constructor(options: LinkHostOptions) {
    this.#options = options;
  }

  /** Whether a node is connected at this moment. */
  get isAttached(): boolean {
    return this.#session?.connection !== undefined;
  }

  /** Takes a new connection. Until it has `proved` the key it gets a nonce from here, and not another byte. */
  accept(socket: LinkSocket, proved: () => void): void {
    if (this.#strangers.size >= strangersMax) {
      this.refused += 1;
      socket.destroy();
      return;
    }
    this.#strangers.add(socket);
    const relayNonce = newNonce();
    const timer = this.#options.clock.setTimer(linkHandshakeMsMax, () => refuse());
    const settle = (): boolean => {
      timer[Symbol.dispose]();
      return this.#strangers.delete(socket);
    };
    const refuse = (): void => {
      if (!settle()) return;
      this.#refuse();
      socket.destroy();
    };
    socket.onClose = () => void settle();
    socket.onMessage = (bytes) => {
      const frame = readFrame(bytes)?.frame;
      if (frame?.type !== "hello" || !this.#isProved(frame, relayNonce)) return refuse();
      if (!settle()) return;
      proved();
      this.#attach(socket, frame, relayNonce);
    };
    socket.send(writeFrame({ type: "challenge", version: linkVersion, nonce: relayNonce }));
  }

  /** A node came whose version of the link is another. It was told so. */
  tellOtherVersion(): void {
    this.#options.rareLog.say("refused: another version of the link: run both in one version");
  }

  [Symbol.dispose](): void {
    for (const socket of this.#strangers) socket.destroy();
    this.#end();
  }

  #isProved({ nonce, session, received, proof }: Hello, relayNonce: string): boolean {
    const greeting = { relayNonce, coreNonce: nonce, session, received };
    return isSameProof(proof, linkProof(this.#options.key, "core", greeting));
  }

  #attach(socket: LinkSocket, hello: Hello, relayNonce: string): void {
    const { key, clock, log } = this.#options;
    const before = this.#session;
    const isResumed =
      before !== undefined &&
      before.id === hello.session &&
      before.frames.canResume(hello.received);
    const session = isResumed ? before : this.#begin();
    session.connection?.close();
    session.timer?.[Symbol.dispose]();
    const { id, frames } = session;
    const said = { session: id, isResumed, received: frames.received };
    const proof = linkProof(key, "relay", { relayNonce, coreNonce: hello.nonce, ...said });
    socket.send(writeFrame({ type: "welcome", ...said, proof }));
    log("a node is connected", { resumed: String(isResumed) });
    session.connection = new LinkConnection({
      socket,
      frames,
      received: isResumed ? hello.received : 0,
      onFrame: (read) => session.work.take(read),
      // Whatever else a node sends belongs into the greeting.
      onOther: () => false,
      onClose: () => this.#detached(session),
      clock,
    });
  }

  #begin(): Session {
    const before = this.#session;
    before?.connection?.tell({ type: "replaced" });
    this.#end();
    const frames = new NumberedFrames();
    const session: Session = {
      id: randomBytes(16).toString("hex"),
      frames,
      work: this.#options.work(frames, () => session.connection?.close()),
      connection: undefined,
      timer: undefined,
    };
    this.#session = session;
    return session;
  }

  #detached(session: Session): void {
    session.connection = undefined;
    if (session !== this.#session) return;
    this.#options.log("the node is away");
    session.timer = this.#options.clock.setTimer(linkSessionMsMax, () => this.#end());
  }

  #end(): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    session.timer?.[Symbol.dispose]();
    session.connection?.close();
    session.frames.end();
    session.work[Symbol.dispose]();
  }

  #refuse(): void {
    this.refused += 1;
    this.#options.rareLog.say("refused: no proof of the key: look whether the node has the same");
  }
}
