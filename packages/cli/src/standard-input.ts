import { fstatSync } from "node:fs";

export type StandardInput =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "too_long" }
  | { readonly kind: "not_text" };

/** Whether something is piped or redirected into this process; a terminal, /dev/null and a closed input do not count. */
export function isPiped(descriptor = 0): boolean {
  try {
    const status = fstatSync(descriptor);
    return status.isFIFO() || status.isFile() || status.isSocket();
  } catch {
    return false;
  }
}

/** All of a stream as text, up to `bytesMax` bytes of UTF-8. */
export async function readStandardInput(
  bytesMax: number,
  input: AsyncIterable<Uint8Array | string> = process.stdin,
): Promise<StandardInput> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const piece = Buffer.from(chunk);
    bytes += piece.length;
    if (bytes > bytesMax) return { kind: "too_long" };
    chunks.push(piece);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
    return { kind: "text", text };
  } catch {
    return { kind: "not_text" };
  }
}

/** A question and what it is about, as one message: the question first, an empty line, the piped text. */
export function joinMessage(words: string, piped: string): string {
  return [words.trim(), piped.trim()].filter((part) => part !== "").join("\n\n");
}
