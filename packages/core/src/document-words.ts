import { htmlText } from "./domain/documents/html-text.ts";
import type { DocumentMediaType } from "./domain/documents/media-types.ts";
import type { DocumentWords } from "./ports/file-words.ts";

/**
 * The text of a document's file, and its title where the file has one. What reads PDF is loaded with the first one. Rejects
 * only with the signal's reason.
 */
export async function documentWords(
  bytes: Uint8Array,
  mediaType: DocumentMediaType,
  signal?: AbortSignal,
): Promise<DocumentWords> {
  if (mediaType === "application/pdf") {
    const { pdfLimits, pdfText } = await import("./adapters/pdf/pdf-text.ts");
    return pdfText(bytes, pdfLimits, signal);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { kind: "text", ...(mediaType === "text/html" ? htmlText(text) : { text }) };
  } catch {
    return { kind: "refused", reason: "not_text" };
  }
}
