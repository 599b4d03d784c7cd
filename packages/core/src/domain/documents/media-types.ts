import type { documentMediaTypes } from "@adyton/protocol";

export type DocumentMediaType = (typeof documentMediaTypes)[number];

/** How the names of files end that hold a document, in lower case. */
export const documentEndings: Readonly<Record<string, DocumentMediaType>> = {
  ".md": "text/markdown",
  ".markdown": "text/markdown",
  ".txt": "text/plain",
  ".log": "text/x-log",
  ".csv": "text/csv",
  ".json": "application/json",
  ".html": "text/html",
  ".htm": "text/html",
  ".pdf": "application/pdf",
};

/** What a file of this name holds; `undefined` for files of other kinds. */
export function mediaTypeOf(name: string): DocumentMediaType | undefined {
  const ending = /\.[^./\\]+$/u.exec(name)?.[0].toLowerCase() ?? "";
  return Object.hasOwn(documentEndings, ending) ? documentEndings[ending] : undefined;
}
