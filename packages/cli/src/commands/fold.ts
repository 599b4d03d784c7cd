import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { documentBodyBytesMax, type FoldArgs, foldBytesMax, FoldReport } from "@adyton/protocol";
import { about, unreadable } from "../document-file.ts";
import { Failure } from "../failure.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainText } from "../terminal-text.ts";
import type { Translate } from "../texts/translate.ts";
import { whileWaiting } from "../waiting.ts";

/** `fold [FILE|-]`: what went wrong in a file, in what is piped in (`-`), in a registered log, or in the node's own. */
export async function fold(shell: Shell, { args, options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const [file] = args;
  const log = options.text("log");
  if (file !== undefined && log !== undefined)
    throw new Failure("usage", { title: t("fold.file_or_log") });
  const window = options.text("window");
  const material = await materialOf(file, t);
  const source = log ?? options.text("as") ?? material.source;
  const client = await shell.client();
  const result = await whileWaiting(
    print,
    (seconds) => t("fold.waiting", { seconds }),
    () =>
      client.ask("runCommand", {
        body: {
          command: "fold_error",
          args: {
            ...(material.lines === undefined ? {} : { lines: material.lines }),
            ...(source === undefined ? {} : { source }),
            ...(window === undefined ? {} : { window }),
          },
        },
      }),
  );
  if (print.json) print.value(FoldReport.parse(result.data));
  else {
    print.line(plainText(result.text).trimEnd());
    if (material.isTail) print.note(t("fold.tail"));
  }
  return 0;
}

interface Handed extends Pick<FoldArgs, "source"> {
  readonly lines?: string;
  /** Only the newest part fits into a request. */
  readonly isTail: boolean;
}

async function materialOf(file: string | undefined, t: Translate): Promise<Handed> {
  if (file === undefined) return { isTail: false };
  const read = file === "-" ? await readEnd(process.stdin, foldBytesMax) : await readTail(file, t);
  // A request holds no zeros; journald's export has some, and is read without them.
  const text = read.replaceAll("\0", "\ufffd");
  if (text.trim() === "") throw new Failure("failed", { title: t("fold.empty") });
  return { ...newest(text), ...(file === "-" ? {} : { source: nameOf(file) }) };
}

/** The end of what is piped in, however long it is. */
export async function readEnd(
  input: AsyncIterable<Uint8Array | string>,
  bytesMax: number,
): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const piece = Buffer.from(chunk);
    chunks.push(piece);
    bytes += piece.length;
    while (bytes - (chunks[0]?.length ?? 0) >= bytesMax) bytes -= chunks.shift()?.length ?? 0;
  }
  return Buffer.concat(chunks).subarray(-bytesMax).toString();
}

/** The end of a file as text; what is no UTF-8 in it is shown as such. */
async function readTail(path: string, t: Translate): Promise<string> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const status = await file.stat();
    if (!status.isFile()) throw about(new Failure("failed", { title: t("memory.no_file") }), path);
    const length = Math.min(status.size, foldBytesMax);
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(length),
      0,
      length,
      status.size - length,
    );
    return buffer.toString("utf8", 0, bytesRead);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw about(unreadable(cause, t), path);
  } finally {
    await file?.close();
  }
}

/** Bytes of a request besides the lines. */
const envelopeBytesMax = 1_024;

/** The newest whole lines that fit into a request, where quotes, line ends and control characters take more room. */
export function newest(text: string): { readonly lines: string; readonly isTail: boolean } {
  const room = documentBodyBytesMax - envelopeBytesMax;
  let lines = text;
  for (let bytes = written(lines); bytes > room; bytes = written(lines)) {
    const cut = Math.ceil(lines.length * (1 - room / bytes)) + 1;
    const end = lines.indexOf("\n", cut);
    lines = lines.slice(end === -1 ? cut : end + 1);
  }
  return { lines, isTail: lines.length < text.length };
}

const written = (text: string): number => Buffer.byteLength(JSON.stringify(text));

/** A file's name as the name of a log: `App Errors.log` is `app-errors-log`. */
export function nameOf(file: string): string {
  const name = basename(file)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, "-")
    .replaceAll(/^[^a-z]+|-+$/g, "")
    .slice(0, 32);
  return name === "" ? "log" : name;
}
