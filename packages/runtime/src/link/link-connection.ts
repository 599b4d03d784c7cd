import {
  linkAckFrames,
  linkAckMs,
  linkHeartbeatMs,
  linkSilenceMsMax,
} from "@adyton/protocol/link-limits";
import type { LinkFrame } from "@adyton/protocol/link";
import type { Clock } from "../clock.ts";
import { type NumberedFrame, readFrame, type ReadFrame, writeFrame } from "./link-frame.ts";
import type { LinkSocket } from "./link-socket.ts";
import type { NumberedFrames } from "./numbered-frames.ts";

export interface LinkConnectionOptions {
  readonly socket: LinkSocket;
  readonly frames: NumberedFrames;
  /** The last number of ours that the other side has. */
  readonly received: number;
  /** Each numbered frame, once and in order. */
  readonly onFrame: (read: { readonly frame: NumberedFrame; readonly body: Buffer }) => void;
  /** Any other frame that belongs here; none does when this answers false. */
  readonly onOther: (frame: LinkFrame) => boolean;
  readonly onClose: () => void;
  readonly clock: Clock;
}

/**
 * A session's time on one connection, from the end of the greeting to the cut: acknowledges what arrives, shows a sign of
 * life, and cuts when there is none from the other side, or anything that is no frame of this place.
 */
export class LinkConnection {
  readonly #options: LinkConnectionOptions;
  #acknowledged: number;
  #ack: Disposable | undefined;
  #heartbeat: Disposable;
  #silence: Disposable;
  #isOpen = true;

  constructor(options: LinkConnectionOptions) {
    this.#options = options;
    const { socket, frames, received } = options;
    this.#acknowledged = frames.received;
    socket.onMessage = (bytes) => this.#take(bytes);
    socket.onClose = () => this.close();
    this.#heartbeat = this.#afterHeartbeat();
    this.#silence = this.#afterSilence();
    frames.attach((bytes) => socket.send(bytes), received);
  }

  /** Sends a frame that has no number: it arrives now or never. */
  tell(frame: Exclude<LinkFrame, NumberedFrame>): void {
    if (this.#isOpen) this.#options.socket.send(writeFrame(frame));
  }

  /** Cuts the connection. The session stays, for the next one. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const timer of [this.#ack, this.#heartbeat, this.#silence]) timer?.[Symbol.dispose]();
    const { socket, frames, onClose } = this.#options;
    frames.detach();
    socket.destroy();
    onClose();
  }

  #take(bytes: Buffer): void {
    if (!this.#isOpen) return;
    this.#silence[Symbol.dispose]();
    this.#silence = this.#afterSilence();
    const read = readFrame(bytes);
    if (read === undefined || !this.#isGood(read)) this.close();
  }

  #isGood({ frame, body }: ReadFrame): boolean {
    const { frames, onFrame, onOther } = this.#options;
    if (frame.type === "ack") return frames.confirm(frame.received);
    if (!("seq" in frame)) return onOther(frame);
    const taken = frames.take(frame);
    if (taken === "gap") return false;
    if (taken === "new") onFrame({ frame, body });
    // Also for a frame that is known: the other side sends it again until it is told.
    if (frames.received - this.#acknowledged >= linkAckFrames) this.#acknowledge();
    else this.#ack ??= this.#options.clock.setTimer(linkAckMs, () => this.#acknowledge());
    return true;
  }

  #acknowledge(): void {
    if (!this.#isOpen) return;
    const { frames } = this.#options;
    for (const timer of [this.#ack, this.#heartbeat]) timer?.[Symbol.dispose]();
    this.#ack = undefined;
    this.#heartbeat = this.#afterHeartbeat();
    this.#acknowledged = frames.received;
    this.tell({ type: "ack", received: frames.received });
  }

  #afterHeartbeat(): Disposable {
    return this.#options.clock.setTimer(linkHeartbeatMs, () => this.#acknowledge());
  }

  #afterSilence(): Disposable {
    return this.#options.clock.setTimer(linkSilenceMsMax, () => this.close());
  }
}
