// One PDF in a process of its own: a file may be made to hurt its reader. It comes on the standard input, its text goes
// to the standard output; nothing else can be reached: no file but this code, no process, no environment.
import { getDocumentProxy, getMeta } from "unpdf";
import { pageText, type PdfItem } from "./page-text.ts";
import type { PdfReply } from "./pdf-reply.ts";

const [pagesMax = 0, charsMax = 0] = process.argv.slice(2).map(Number);

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;

async function read(bytes: Uint8Array): Promise<PdfReply> {
  const pdf = await getDocumentProxy(bytes);
  if (pdf.numPages > pagesMax) return { kind: "refused", reason: "too_large" };
  const pages: string[] = [];
  // One break less than there are pages.
  let chars = -1;
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const text = await readPage(pdf, number);
    chars += text.length + 1;
    if (chars > charsMax) return { kind: "refused", reason: "too_large" };
    pages.push(text);
  }
  if (pages.every((text) => text === "")) return { kind: "refused", reason: "no_text" };
  const { info } = await getMeta(pdf).catch(() => ({ info: {} }));
  const title: unknown = Reflect.get(info, "Title");
  return {
    kind: "text",
    pages,
    ...(typeof title === "string" && title.trim() !== "" ? { title: title.trim() } : {}),
  };
}

async function readPage(pdf: Pdf, number: number): Promise<string> {
  const page = await pdf.getPage(number);
  const { items } = await page.getTextContent();
  const text = pageText(items.filter((item): item is typeof item & PdfItem => "str" in item));
  page.cleanup();
  return text;
}

const chunks: Uint8Array[] = [];
for await (const chunk of process.stdin) if (chunk instanceof Uint8Array) chunks.push(chunk);
const reply = await read(new Uint8Array(Buffer.concat(chunks))).catch(
  (error: unknown): PdfReply => {
    const isLocked = error instanceof Error && error.name === "PasswordException";
    return { kind: "refused", reason: isLocked ? "encrypted" : "not_pdf" };
  },
);
process.stdout.write(JSON.stringify(reply));
