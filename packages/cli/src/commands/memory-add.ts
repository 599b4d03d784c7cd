import { readFile, stat } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { documentTextBytesMax, type documentMediaTypes } from "@adyton/protocol";
import type { Client } from "../client.ts";
import { exitCodes, Failure } from "../failure.ts";
import type { Invocation, Shell } from "../shell.ts";
import { readStandardInput } from "../standard-input.ts";
import { plainLine } from "../terminal-text.ts";
import type { Translate } from "../texts/translate.ts";

type MediaType = (typeof documentMediaTypes)[number];

const mediaTypes: Readonly<Record<string, MediaType>> = {
  ".md": "text/markdown",
  ".markdown": "text/markdown",
  ".txt": "text/plain",
  ".log": "text/plain",
  ".csv": "text/csv",
  ".json": "application/json",
};

const titleCharsMax = 300;

/**
 * `memory add FILE…`: one document per file, `-` is the standard input. A file that cannot be added is named and the
 * others are added all the same; the command then fails.
 */
export async function memoryAdd(shell: Shell, { args, options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const title = options.text("title");
  if (title !== undefined && args.length > 1)
    throw new Failure("usage", { title: t("memory.one_title") });
  const client = await shell.client();
  const added: unknown[] = [];
  const failures: Failure[] = [];
  using progress = print.progress();
  for (const [index, file] of args.entries()) {
    progress.update(t("memory.adding", { file, number: index + 1, count: args.length }));
    try {
      const startedMs = Date.now();
      const document = await addFile(client, { file, title, shared: options.flag("shared"), t });
      progress.update("");
      if (print.json) added.push(document);
      else
        print.line(
          // The node has this machine's clock; a document from before was there already, with this very text.
          t(Date.parse(document.addedAt) < startedMs ? "memory.unchanged" : "memory.added", {
            title: plainLine(document.title),
            id: document.documentId,
          }),
        );
    } catch (error) {
      // The other files are no worse for this one; a node that is gone would fail them all.
      if (!(error instanceof Failure) || error.code === "unreachable") throw error;
      failures.push(error);
      if (!print.json) print.failure(prefixed(error, file));
    }
  }
  if (print.json)
    print.value({
      added,
      failed: failures.map(({ message, detail, data }) => data ?? { title: message, detail }),
    });
  return failures.length === 0 ? exitCodes.ok : exitCodes.failed;
}

async function addFile(
  client: Client,
  wanted: {
    readonly file: string;
    readonly title: string | undefined;
    readonly shared: boolean;
    readonly t: Translate;
  },
) {
  const { file, title, shared, t } = wanted;
  const { text, mediaType, source } = await (file === "-" ? readInput(t) : readDocument(file, t));
  if (text.trim() === "") throw new Failure("failed", { title: t("memory.empty") });
  return await client.ask("addDocument", {
    body: {
      title: (title ?? documentTitle(text, file, mediaType)).slice(0, titleCharsMax),
      text,
      mediaType,
      shared,
      ...(source === undefined ? {} : { source }),
    },
  });
}

interface DocumentFile {
  readonly text: string;
  readonly mediaType: MediaType;
  readonly source: string | undefined;
}

async function readDocument(file: string, t: Translate): Promise<DocumentFile> {
  const mediaType = mediaTypes[extname(file).toLowerCase()];
  if (mediaType === undefined)
    throw new Failure("failed", {
      title: t("memory.bad_kind"),
      advice: t("memory.kinds", { kinds: Object.keys(mediaTypes).join(" ") }),
    });
  let bytes: Buffer;
  try {
    const status = await stat(file);
    if (!status.isFile()) throw new Failure("failed", { title: t("memory.no_file") });
    if (status.size > documentTextBytesMax) throw tooLarge(t);
    bytes = await readFile(file);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const code: unknown = cause instanceof Error ? Reflect.get(cause, "code") : "";
    throw new Failure("failed", { title: t("memory.unreadable", { code: String(code) }), cause });
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { text, mediaType, source: resolve(file) };
  } catch {
    throw new Failure("failed", { title: t("input.not_text") });
  }
}

async function readInput(t: Translate): Promise<DocumentFile> {
  const input = await readStandardInput(documentTextBytesMax);
  if (input.kind === "too_long") throw tooLarge(t);
  if (input.kind === "not_text") throw new Failure("failed", { title: t("input.not_text") });
  return { text: input.text, mediaType: "text/plain", source: undefined };
}

function tooLarge(t: Translate): Failure {
  return new Failure("failed", {
    title: t("memory.too_large", { max: documentTextBytesMax / 1024 / 1024 }),
  });
}

/** The first heading of a Markdown text, else the file's name without its ending. */
export function documentTitle(text: string, file: string, mediaType: MediaType): string {
  const heading =
    mediaType === "text/markdown" ? /^#{1,6}\s+(.+?)\s*#*$/m.exec(text)?.[1] : undefined;
  if (heading !== undefined && heading.trim() !== "") return plainLine(heading);
  if (file !== "-") return basename(file, extname(file));
  return plainLine(text.trim().split("\n")[0] ?? "").slice(0, 80) || "stdin";
}

function prefixed(failure: Failure, file: string): Failure {
  const { code, message, detail, advice, data } = failure;
  return new Failure(code, { title: `${plainLine(file)}: ${message}`, detail, advice, data });
}
