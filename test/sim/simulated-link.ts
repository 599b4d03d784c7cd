import { Readable } from "node:stream";
import { ManualClock } from "@adyton/runtime/clock";
import type { LinkSocket } from "@adyton/runtime/link/link-socket";
import { LinkClient } from "../../packages/core/src/adapters/telegram/link-client.ts";
import type { BotApi } from "../../packages/relay/src/bot/bot-api.ts";
import { BotCalls } from "../../packages/relay/src/bot/bot-calls.ts";
import { LinkHost } from "../../packages/relay/src/bot/link-host.ts";

/** Where a connection breaks: after so many bytes of one direction. Without bytes left it breaks at the next one. */
export interface Cut {
  upBytes: number;
  downBytes: number;
  /** Neither side is told: it is found out by the silence. */
  readonly isSilent: boolean;
}

export const noCut = (): Cut => ({ upBytes: Infinity, downBytes: Infinity, isSilent: false });
const lengthBytes = 4;

/** A relay and a node with a link between them, on a clock of the test's own. Everything in between is bytes. */
export class SimulatedLink implements AsyncDisposable {
  readonly clock = new ManualClock();
  /** How often each call was made, by its body. */
  readonly made = new Map<string, number>();
  readonly #random: () => number;
  readonly #cut: () => Cut;
  readonly #answer: (body: string) => Buffer;
  #host: LinkHost | undefined;
  node: LinkClient;
  connections = 0;

  constructor(options: {
    readonly random: () => number;
    /** Of each new connection. */
    readonly cut: () => Cut;
    readonly answer?: (body: string) => Buffer;
  }) {
    this.#random = options.random;
    this.#cut = options.cut;
    this.#answer = options.answer ?? ((body) => Buffer.from(`answer to ${body}`));
    this.startRelay();
    this.node = this.#startNode();
  }

  startRelay(): void {
    const api = { ask: (wanted, signal) => this.#make(wanted, signal) } satisfies Pick<
      BotApi,
      "ask"
    >;
    this.#host = new LinkHost({
      key: { reveal: () => "key" },
      work: (frames, fault) =>
        new BotCalls({ frames, api, faults: { refused: () => undefined }, fault }),
      clock: this.clock,
      log: () => undefined,
      rareLog: { say: () => undefined },
    });
  }

  stopRelay(): void {
    this.#host?.[Symbol.dispose]();
    this.#host = undefined;
  }

  async restartNode(): Promise<void> {
    const before = this.node;
    this.node = this.#startNode();
    await this.#stop(before);
  }

  call(body: string, signal = new AbortController().signal): Promise<string> {
    const asked = { type: "call", method: "sendMessage", contentType: "text/plain" } as const;
    return this.node
      .call(asked, Buffer.from(body), signal)
      .then((answer) => answer.body.toString());
  }

  /** Turns the clock on until it is so, or so long has passed. */
  async until(isSo: () => boolean, ms: number): Promise<void> {
    for (let passed = 0; passed < ms && !isSo(); passed += 10) await this.clock.advance(10);
    if (!isSo()) throw new Error(`not within ${ms} ms`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopRelay();
    await this.#stop(this.node);
  }

  /** Its connection is closed when time goes on. */
  async #stop(node: LinkClient): Promise<void> {
    const stopped = node[Symbol.asyncDispose]();
    await this.clock.advance(10);
    await stopped;
  }

  #startNode(): LinkClient {
    const node = new LinkClient({
      dial: (opened) => this.#dial(opened),
      key: { reveal: () => "key" },
      clock: this.clock,
      random: this.#random,
    });
    node.start();
    return node;
  }

  #dial(opened: (socket: LinkSocket) => void): Promise<void> {
    const host = this.#host;
    if (host === undefined)
      return Promise.reject(Object.assign(new Error("down"), { code: "ECONNREFUSED" }));
    this.connections += 1;
    const [relay, node] = this.#connection();
    opened(node);
    host.accept(relay, () => undefined);
    return Promise.resolve();
  }

  #connection(): readonly [relay: LinkSocket, node: LinkSocket] {
    const cut = this.#cut();
    let isOpen = true;
    const close = (isTold: boolean): void => {
      if (!isOpen) return;
      isOpen = false;
      if (isTold) for (const side of [relay, node]) this.clock.setTimer(1, () => side.onClose());
    };
    const pass = (way: "upBytes" | "downBytes", to: () => LinkSocket, bytes: Buffer): void => {
      if (!isOpen) return;
      cut[way] -= lengthBytes + bytes.length;
      if (cut[way] < 0) return close(!cut.isSilent);
      // One delay for all, so that order holds; what is under way when it breaks is lost.
      this.clock.setTimer(5, () => {
        if (isOpen) to().onMessage(bytes);
      });
    };
    const side = (way: "upBytes" | "downBytes", to: () => LinkSocket): LinkSocket => {
      const own: LinkSocket = {
        send: (bytes) => pass(way, to, bytes),
        destroy: () => {
          if (isOpen) return close(true);
          // Broken already, and only now found out.
          this.clock.setTimer(1, () => own.onClose());
        },
        onMessage: () => undefined,
        onClose: () => undefined,
      };
      return own;
    };
    const relay = side("downBytes", () => node);
    const node = side("upBytes", () => relay);
    return [relay, node];
  }

  #make(...[wanted, signal]: Parameters<BotApi["ask"]>): ReturnType<BotApi["ask"]> {
    const body = wanted.kind === "method" ? wanted.body.toString() : wanted.path;
    this.made.set(body, (this.made.get(body) ?? 0) + 1);
    const answered = Object.assign(Readable.from([this.#answer(body)]), { statusCode: 200 });
    return this.clock
      .sleep(Math.ceil(this.#random() * 200), signal)
      .then(() => answered as unknown as Awaited<ReturnType<BotApi["ask"]>>);
  }
}
