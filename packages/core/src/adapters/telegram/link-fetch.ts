import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { linkProtocol, otherVersionStatus } from "@adyton/protocol/link-limits";
import { CodedError } from "@adyton/runtime/coded-error";
import { frameBytesMax } from "@adyton/runtime/link/link-frame";
import { type LinkSocket, webSocketLink } from "@adyton/runtime/link/link-socket";
import { WebSocket } from "ws";
import type { LinkClient } from "./link-client.ts";
import type { Answer, Init, Relay, Wire } from "./wire-fetch.ts";

const dialMsMax = 10_000;

/** The relay speaks another version of the link. */
class DialError extends CodedError<"VERSION"> {}

/** Stands where grammY wants a token: the node has none in this layout, the relay adds it. */
export const noToken = { reveal: () => "0:relay" };

/** Requests for grammY's client through the link: of an address only the method's name or the file's path leaves. */
export class LinkFetch implements Wire {
  readonly #link: Pick<LinkClient, "call">;

  constructor(link: Pick<LinkClient, "call">) {
    this.#link = link;
  }

  /** Resolves with the whole answer. Rejects with `LinkError`, or when the signal aborts. */
  readonly fetch = async (url: string | URL, init: Init = {}): Promise<Answer> => {
    const { pathname } = new URL(url);
    const path = /\/file\/bot[^/]+\/(.+)$/u.exec(pathname)?.[1];
    const method = pathname.split("/").at(-1) ?? "";
    const contentType = init.headers?.["content-type"] ?? "application/json";
    const body = await bytesOf(init.body);
    const asked =
      path === undefined
        ? ({ type: "call", method, contentType } as const)
        : ({ type: "file", path: path.replaceAll(unlikePath, percent) } as const);
    const answer = await this.#link.call(asked, body, signalOf(init.signal));
    const { status } = answer;
    return {
      ok: status >= 200 && status < 300,
      status,
      json: async () => JSON.parse(answer.body.toString()) as unknown,
      bytes: answer.body,
    };
  };

  /** The link outlives its clients. */
  [Symbol.dispose](): void {}
}

// What an address leaves as it is and the link's pattern does not know: in a name that somebody gave a file.
const unlikePath = /[^\w./%-]/gu;
const percent = (sign: string): string => `%${sign.charCodeAt(0).toString(16)}`;

/** The client's signals come from a package older than Node's own and have less. */
function signalOf(given: Init["signal"]): AbortSignal {
  const own = new AbortController();
  const abort = (): void => own.abort();
  if (given?.aborted === true) abort();
  given?.addEventListener("abort", abort, { once: true });
  return own.signal;
}

async function bytesOf(body: unknown): Promise<Buffer> {
  if (body instanceof Readable) return await buffer(body);
  return Buffer.from(typeof body === "string" ? body : "");
}

/**
 * Opens a WebSocket to the relay and hands it over at once, before a message can arrive. Rejects with the system's error
 * when it cannot be opened.
 */
export async function dialRelay(
  { host, port }: Relay,
  opened: (socket: LinkSocket) => void,
  signal: AbortSignal,
): Promise<void> {
  const address = host.includes(":") ? `[${host}]` : host;
  const webSocket = new WebSocket(`ws://${address}:${port}/`, linkProtocol, {
    handshakeTimeout: dialMsMax,
    maxPayload: frameBytesMax,
    perMessageDeflate: false,
  });
  const socket = webSocketLink(webSocket);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = (): void => webSocket.terminate();
  signal.addEventListener("abort", abort, { once: true });
  webSocket.once("open", () => {
    opened(socket);
    resolve();
  });
  webSocket.once("error", reject);
  webSocket.once("unexpected-response", (request, { statusCode }) => {
    const isOld = statusCode === otherVersionStatus;
    reject(isOld ? new DialError("VERSION", "another version") : new Error("it is no relay"));
    request.destroy();
  });
  webSocket.once("close", () => reject(new Error("the relay closed the connection")));
  try {
    await promise;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
