import type { Socket } from "node:net";
import { problem, type ProblemCode } from "@adyton/protocol";
import { closeCodes, type CloseReason } from "@adyton/protocol/envelopes";
import type { Speaker } from "../../ports/operations.ts";
import { LineReader } from "./line-reader.ts";
import { Session } from "./session.ts";
import type { SocketContext } from "./socket-context.ts";
import type { OpenSocket } from "./socket-door.ts";
import { drainOf } from "./web-socket.ts";
import type { Wire } from "./wire.ts";

/** Codes stand for close codes, which a line does not have. Nothing is said to who does not read. */
const farewells: Readonly<Partial<Record<CloseReason, ProblemCode>>> = {
  stopping: "stopping",
  too_large: "payload_too_large",
  busy: "busy",
  unauthorized: "unauthorized",
  resume_expired: "conflict",
};

/**
 * A message a line; the last may lack its end. A client that closes its sending side, as a pipe does at its end, still gets every answer; then the
 * connection is closed. Until then it is sent empty lines, which say nothing: only writing tells that it has gone.
 */
export class LinesWire implements Wire, OpenSocket {
  readonly #context: SocketContext;
  readonly #socket: Socket;
  readonly #session: Session;
  readonly #reader: LineReader;
  /** Runs once the client has closed its sending side. */
  #presence: NodeJS.Timeout | undefined;
  #linger: NodeJS.Timeout | undefined;

  constructor(
    context: SocketContext,
    { socket, speaker }: { socket: Socket; speaker: Speaker },
    closed: () => void,
  ) {
    this.#context = context;
    this.#socket = socket;
    this.#session = new Session(context, this, speaker);
    this.#reader = new LineReader({
      limits: context.limits,
      room: context.operations.bytes,
      speaker: () => this.#session.speaker,
      line: (bytes) => this.#session.receive(bytes),
      refuse: (code) => this.#refuse(code),
      tooMuch: () => this.#session.close("too_large"),
    });
    socket.on("data", (chunk: Buffer) => this.#reader.add(chunk));
    socket.on("end", () => {
      this.#reader.end();
      this.#presence = setInterval(() => socket.write("\n"), context.limits.presenceCheckMs);
      this.answered();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(this.#linger);
      clearInterval(this.#presence);
      this.#reader.clear();
      this.#session.closed();
      closed();
    });
  }

  get waitingBytes(): number {
    return this.#socket.writableLength;
  }

  get takenBytes(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  send(text: string): void {
    this.#socket.write(`${text}\n`);
  }

  drained(): Promise<void> {
    if (this.waitingBytes === 0 || this.#socket.destroyed) return Promise.resolve();
    return drainOf(this.#socket);
  }

  answered(): void {
    if (this.#presence !== undefined && !this.#session.isBusy) this.#end();
  }

  close(reason: CloseReason): void {
    const code = farewells[reason];
    if (code !== undefined) {
      const said = problem(code, { detail: closeCodes[reason].about });
      this.send(JSON.stringify({ type: "problem", problem: said }));
    }
    this.#end();
  }

  beat(): void {
    if (this.#reader.isLate()) this.#session.close("slow");
    this.#session.beat();
  }

  stop(): void {
    this.#session.close("stopping");
  }

  cut(): void {
    this.#socket.destroy();
  }

  #refuse(code: "payload_too_large" | "busy"): void {
    const { envelopeBytesMax } = this.#context.limits;
    const detail =
      code === "busy"
        ? "Too many messages are under way."
        : `A line may have ${envelopeBytesMax} bytes.`;
    this.#session.tellProblem(undefined, problem(code, { detail }));
  }

  #end(): void {
    if (this.#linger !== undefined) return;
    clearInterval(this.#presence);
    this.#socket.end();
    this.#linger = setTimeout(() => this.#socket.destroy(), this.#context.limits.lingerMs).unref();
    // What still comes is read away: closing on unread data would cut off what was just said.
    this.#socket.resume();
  }
}
