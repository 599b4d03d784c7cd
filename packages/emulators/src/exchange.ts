import type { IncomingMessage, ServerResponse } from "node:http";

import type { Endpoint, Fault } from "./fault.ts";

export const requestBodyBytesMax = 16 * 1024 * 1024;

/** One request and its response while they last. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly path: string;
  readonly endpoint: Endpoint;
  readonly callIndex: number;
  readonly fault: Fault | null;
  /** Aborts when the client goes away or the emulator closes. Made on demand: a plain answer needs none. */
  readonly signal: () => AbortSignal;
}

/** A signal for the end of a response's connection, made once and only when asked for. */
export function connectionSignal(response: ServerResponse): () => AbortSignal {
  let controller: AbortController | undefined;
  return () => {
    if (controller === undefined) {
      const made = new AbortController();
      controller = made;
      if (response.destroyed) made.abort();
      else response.once("close", () => made.abort());
    }
    return controller.signal;
  };
}

const brokenByUs = new WeakSet<ServerResponse>();

/** Breaks a connection on purpose; such an end does not count as a client that left. */
export function breakConnection(response: ServerResponse): void {
  brokenByUs.add(response);
  response.destroy();
}

export function isBrokenByUs(response: ServerResponse): boolean {
  return brokenByUs.has(response);
}

export type BodyResult =
  | { readonly kind: "read"; readonly bytes: Buffer }
  | { readonly kind: "too_large" }
  | { readonly kind: "gone" };

/** Reads a request's body up to 16 MiB. */
export function readBody(request: IncomingMessage): Promise<BodyResult> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > requestBodyBytesMax) {
        request.pause();
        resolve({ kind: "too_large" });
        return;
      }
      chunks.push(chunk);
    });
    request.once("end", () => {
      const [only] = chunks;
      resolve({ kind: "read", bytes: chunks.length === 1 && only ? only : Buffer.concat(chunks) });
    });
    request.once("close", () => resolve({ kind: "gone" }));
  });
}
