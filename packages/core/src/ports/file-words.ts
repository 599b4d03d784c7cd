import type { Bilingual, Health } from "@adyton/protocol";
import type { DocumentMediaType } from "../domain/documents/media-types.ts";

/** Why no words come out of a document's file. */
export type DocumentRefusal =
  | "not_text"
  | "not_pdf"
  | "encrypted"
  | "no_text"
  | "too_large"
  | "took_too_long"
  | "too_much_memory"
  | "crashed";

export type DocumentWords =
  | { readonly kind: "text"; readonly text: string; readonly title?: string | undefined }
  | { readonly kind: "refused"; readonly reason: DocumentRefusal };

/** Takes the words out of a document's file. Rejects only with the signal's reason, never for what the file holds. */
export type ReadDocument = (
  bytes: Uint8Array,
  mediaType: DocumentMediaType,
  signal: AbortSignal,
) => Promise<DocumentWords>;

export interface Recording {
  readonly bytes: Uint8Array;
  /** With the ending by which servers tell the format. */
  readonly name: string;
  readonly mediaType: string;
}

export type Heard =
  | { readonly kind: "heard"; readonly words: string }
  /** The detail is one sentence for the user. */
  | { readonly kind: "failed"; readonly detail: Bilingual };

/** Writes down what is said in a recording. Rejects only with the signal's reason. */
export type Hear = (recording: Recording, signal: AbortSignal) => Promise<Heard>;

/** Whoever writes down recordings, and how that stands. */
export interface Listener {
  readonly hear: Hear;
  /** As a part of the health report. */
  health(): Health["parts"][number];
}
