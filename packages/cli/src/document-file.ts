import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { documentWords } from "@adyton/core/document-words";
import {
  documentEndings,
  type DocumentMediaType,
  mediaTypeOf,
} from "@adyton/core/document-media-types";
import { documentTextBytesMax } from "@adyton/protocol";
import { Failure } from "./failure.ts";
import { plainLine } from "./terminal-text.ts";
import type { Translate } from "./texts/translate.ts";

/** Bytes of a file that a text is taken from; the text itself has a bound of its own. */
const fileBytesMax = 64 * 1024 * 1024;
export const titleCharsMax = 300;

export interface DocumentFile {
  readonly text: string;
  readonly title: string;
  readonly mediaType: DocumentMediaType;
  readonly source: string;
  /** Of the file, where its text is not the file's own. */
  readonly originalSha256?: string;
}

/** What a file holds, before its text is taken from it. */
export interface FileBytes {
  readonly file: string;
  readonly source: string;
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** Whether a file's name ends as the files do that can be read. */
export function isReadable(file: string): boolean {
  return mediaTypeOf(file) !== undefined;
}

/** Reads a file. Throws `Failure` for one of another kind, one that is too large, and what is no file. */
export async function readBytes(file: string, t: Translate): Promise<FileBytes> {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new Failure("failed", { title: t("memory.folder"), advice: t("memory.import_it") });
  if (!isReadable(file))
    throw new Failure("failed", {
      title: t("memory.bad_kind"),
      advice: t("memory.kinds", { kinds: Object.keys(documentEndings).join(" ") }),
    });
  try {
    const status = await stat(file);
    if (!status.isFile()) throw new Failure("failed", { title: t("memory.no_file") });
    if (status.size > fileBytesMax) throw tooLarge(t, fileBytesMax);
    const bytes = await readFile(file);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { file, source: resolve(file), bytes, sha256 };
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw unreadable(cause, t);
  }
}

/** A file that the system does not let read, in words where it is simply not there. */
export function unreadable(cause: unknown, t: Translate): Failure {
  const code = String(Reflect.get(Object(cause), "code"));
  const title = code === "ENOENT" ? t("memory.absent") : t("memory.unreadable", { code });
  return new Failure("failed", { title, cause });
}

/** The document in a file. Throws `Failure` where it holds no text, or too much. */
export async function documentIn(
  { file, source, bytes, sha256 }: FileBytes,
  t: Translate,
): Promise<DocumentFile> {
  const mediaType = mediaTypeOf(file) ?? "text/plain";
  const { text, title } = await wordsIn(bytes, mediaType, t);
  if (text.trim() === "") throw new Failure("failed", { title: t("memory.empty") });
  if (Buffer.byteLength(text) > documentTextBytesMax) throw tooLarge(t, documentTextBytesMax);
  const isOwnText = createHash("sha256").update(text).digest("hex") === sha256;
  return {
    text,
    title: (title ?? documentTitle(text, file, mediaType)).slice(0, titleCharsMax),
    mediaType,
    source,
    ...(isOwnText ? {} : { originalSha256: sha256 }),
  };
}

async function wordsIn(bytes: Buffer, mediaType: DocumentMediaType, t: Translate) {
  const words = await documentWords(bytes, mediaType);
  if (words.kind === "text") return { ...words, title: plainTitle(words.title) };
  if (words.reason === "too_large") throw tooLarge(t, documentTextBytesMax);
  const title = words.reason === "not_text" ? t("input.not_text") : t(`pdf.${words.reason}`);
  throw new Failure("failed", { title });
}

function plainTitle(title: string | undefined): string | undefined {
  const plain = plainLine(title ?? "").trim();
  return plain === "" ? undefined : plain;
}

export function tooLarge(t: Translate, bytesMax: number): Failure {
  return new Failure("failed", { title: t("memory.too_large", { max: bytesMax / 1024 / 1024 }) });
}

/** The first heading of a text that has them, else the file's name without its ending. */
export function documentTitle(text: string, file: string, mediaType: DocumentMediaType): string {
  const hasHeadings = mediaType === "text/markdown" || mediaType === "text/html";
  const heading = hasHeadings ? /^#{1,6}\s+(.+?)\s*#*$/m.exec(text)?.[1] : undefined;
  if (heading !== undefined && heading.trim() !== "") return plainLine(heading);
  if (file !== "-") return basename(file, extname(file));
  return plainLine(text.trim().split("\n")[0] ?? "").slice(0, 80) || "stdin";
}

/** A failure about one of several files. */
export function about(failure: Failure, file: string): Failure {
  const { code, message, detail, advice, data } = failure;
  return new Failure(code, { title: `${plainLine(file)}: ${message}`, detail, advice, data });
}
