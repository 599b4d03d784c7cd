import type { IncomingMessage } from "node:http";
import { type Refusal, refused } from "./refusal.ts";

export type BytesOutcome =
  | Refusal
  | { readonly kind: "read"; readonly bytes: Buffer }
  /** The client broke off; nobody waits for an answer. */
  | { readonly kind: "gone" };

const nothing: BytesOutcome = { kind: "read", bytes: Buffer.alloc(0) };

/** Whether the headers announce a body of at least one byte, or of unknown length. */
export function announcesBody(request: IncomingMessage): boolean {
  const length = request.headers["content-length"];
  return (
    request.headers["transfer-encoding"] !== undefined ||
    (length !== undefined && Number(length) > 0)
  );
}

/** Refused before a byte is read: an encoding of the transfer other than chunks, or a length over the bound. */
export function checkAnnouncedBody(
  request: IncomingMessage,
  bytesMax: number,
): Refusal | undefined {
  const encoding = request.headers["transfer-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "chunked")
    return refused("invalid_request", { detail: "The only transfer-encoding taken is chunked." });
  const length = request.headers["content-length"];
  return length !== undefined && Number(length) > bytesMax ? tooLarge(bytesMax) : undefined;
}

/** Reads a body of at most `bytesMax` bytes. At one byte more it stops reading and refuses. */
export function readBody(request: IncomingMessage, bytesMax: number): Promise<BytesOutcome> {
  if (!announcesBody(request)) return Promise.resolve(nothing);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (outcome: BytesOutcome) => {
      request.off("data", take).off("end", end).off("close", gone).off("error", gone);
      // An error that comes later is the connection's, which has its own listener.
      request.on("error", ignore);
      resolve(outcome);
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > bytesMax) {
        request.pause();
        settle(tooLarge(bytesMax));
      } else chunks.push(chunk);
    };
    const end = () => {
      const [first] = chunks;
      const bytes =
        chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, size);
      settle({ kind: "read", bytes });
    };
    const gone = () => settle({ kind: "gone" });
    request.on("data", take).on("end", end).on("close", gone).on("error", gone);
  });
}

function ignore(): void {}

function tooLarge(bytesMax: number): Refusal {
  return refused("payload_too_large", { detail: `The body may have ${bytesMax} bytes here.` });
}
