import type { IncomingMessage } from "node:http";
import { bodyBytesMax } from "./limits.ts";
import { RequestError } from "./request-error.ts";

/** Reads a body as JSON. Throws `RequestError` 413 for a larger one than `bytesMax` and 400 for what is no JSON. */
export async function readJson(
  request: IncomingMessage,
  bytesMax = bodyBytesMax,
): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > bytesMax)
      throw new RequestError(413, `the body is larger than ${bytesMax} bytes`, "too_large");
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  } catch {
    throw new RequestError(400, "the body is no JSON");
  }
}
