import type { PdfOutcome } from "./adapters/pdf/pdf-text.ts";
import { htmlText } from "./domain/documents/html-text.ts";
import type { DocumentMediaType } from "./domain/documents/media-types.ts";

export type DocumentWords =
  | { readonly kind: "text"; readonly text: string; readonly title?: string | undefined }
  | {
      readonly kind: "refused";
      readonly reason: Extract<PdfOutcome, { kind: "refused" }>["reason"] | "not_text";
    };

/** The text of a document's file, and its title where the file has one. What reads PDF is loaded with the first one. */
export async function documentWords(
  bytes: Uint8Array,
  mediaType: DocumentMediaType,
): Promise<DocumentWords> {
  if (mediaType === "application/pdf") {
    const { pdfText } = await import("./adapters/pdf/pdf-text.ts");
    return pdfText(bytes);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { kind: "text", ...(mediaType === "text/html" ? htmlText(text) : { text }) };
  } catch {
    return { kind: "refused", reason: "not_text" };
  }
}
