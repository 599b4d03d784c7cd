import { spawn, type ChildProcess } from "node:child_process";
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { residentMibOf } from "@adyton/runtime/resident-memory";
import { PdfReply } from "./pdf-reply.ts";

export interface PdfLimits {
  /** Milliseconds that reading one file may take. */
  readonly readMsMax: number;
  /** MiB of JavaScript's own memory, and of all memory the process holds (watched on Linux). */
  readonly heapMib: number;
  readonly residentMib: number;
  /** A file with more pages is refused. */
  readonly pagesMax: number;
  /** Characters of the text, page breaks included. */
  readonly textCharsMax: number;
}

export const pdfLimits: PdfLimits = {
  readMsMax: 60_000,
  heapMib: 512,
  residentMib: 1_024,
  pagesMax: 10_000,
  textCharsMax: 4 * 1024 * 1024,
};

/** Milliseconds between two looks at how much memory the process holds. */
const lookEveryMs = 100;

export type PdfOutcome =
  | { readonly kind: "text"; readonly text: string; readonly title: string | undefined }
  | {
      readonly kind: "refused";
      readonly reason:
        | Extract<PdfReply, { readonly kind: "refused" }>["reason"]
        | "took_too_long"
        | "too_much_memory"
        | "crashed";
    };

/**
 * The text of a PDF, a form feed between two pages, and its title. The file is read in a process of its own that may do
 * nothing but compute, and that is ended at its limits: what a hostile file does to it, it does to nothing else. Rejects
 * only with the signal's reason.
 */
export async function pdfText(
  bytes: Uint8Array,
  limits: PdfLimits = pdfLimits,
  signal: AbortSignal = new AbortController().signal,
): Promise<PdfOutcome> {
  if (!Buffer.from(bytes.subarray(0, 1_024)).includes("%PDF-")) return refused("not_pdf");
  signal.throwIfAborted();
  const child = start(limits);
  const onAbort = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", onAbort, { once: true });
  let why: "took_too_long" | "too_much_memory" | undefined;
  const end = (reason: typeof why): void => {
    why ??= reason;
    child.kill("SIGKILL");
  };
  const timer = setTimeout(() => end("took_too_long"), limits.readMsMax);
  const watch = setInterval(() => {
    if (residentMibOf(child.pid) > limits.residentMib) end("too_much_memory");
  }, lookEveryMs);
  try {
    const said = await conversation(child, bytes, limits);
    signal.throwIfAborted();
    if (why !== undefined) return refused(why);
    if (said === undefined) return refused("crashed");
    if (said.kind === "refused") return said;
    return { kind: "text", text: said.pages.join("\f"), title: said.title };
  } finally {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(timer);
    clearInterval(watch);
    child.kill("SIGKILL");
  }
}

function start({ heapMib, pagesMax, textCharsMax }: PdfLimits): ChildProcess {
  const worker = fileURLToPath(new URL("pdf.worker.ts", import.meta.url));
  // The library is looked for where the installer links it, and read where it lies.
  const link = join(import.meta.dirname, "../../../node_modules/unpdf");
  const readable = [dirname(worker), link, realpathSync(link)];
  return spawn(
    process.execPath,
    [
      "--permission",
      ...readable.map((folder) => `--allow-fs-read=${folder}`),
      `--max-old-space-size=${heapMib}`,
      "--disable-warning=ExperimentalWarning",
      worker,
      String(pagesMax),
      String(textCharsMax),
    ],
    { stdio: ["pipe", "pipe", "ignore"], env: {} },
  );
}

/** Hands the file over and waits for the end; `undefined` where that was no proper one. */
function conversation(
  child: ChildProcess,
  bytes: Uint8Array,
  { textCharsMax }: PdfLimits,
): Promise<PdfReply | undefined> {
  const { promise, resolve } = Promise.withResolvers<PdfReply | undefined>();
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
    said += piece;
    // JSON may need six characters for one of the text.
    if (said.length > 6 * textCharsMax + 64 * 1024) child.kill("SIGKILL");
  });
  // A process that ends early closes its input; how it ended is what counts.
  child.stdin?.on("error", () => undefined);
  child.on("error", () => resolve(undefined));
  child.on("close", (code) => resolve(code === 0 ? parsed(said) : undefined));
  child.stdin?.end(bytes);
  return promise;
}

function parsed(said: string): PdfReply | undefined {
  try {
    return PdfReply.safeParse(JSON.parse(said)).data;
  } catch {
    return undefined;
  }
}

function refused(reason: Extract<PdfOutcome, { readonly kind: "refused" }>["reason"]): PdfOutcome {
  return { kind: "refused", reason };
}
