import { documentTextBytesMax } from "@adyton/protocol";
import type { Client } from "../client.ts";
import {
  about,
  documentIn,
  documentTitle,
  readBytes,
  titleCharsMax,
  tooLarge,
} from "../document-file.ts";
import { exitCodes, Failure } from "../failure.ts";
import { expiryOf } from "../expiry.ts";
import type { Invocation, Shell } from "../shell.ts";
import { readStandardInput } from "../standard-input.ts";
import { plainLine } from "../terminal-text.ts";
import type { Translate } from "../texts/translate.ts";

/**
 * `memory add FILE…`: one document per file, `-` is the standard input. A file that cannot be added is named and the
 * others are added all the same; the command then fails.
 */
export async function memoryAdd(shell: Shell, { args, options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const title = options.text("title");
  if (title !== undefined && args.length > 1)
    throw new Failure("usage", { title: t("memory.one_title") });
  const wanted = {
    title,
    shared: options.flag("shared"),
    ...(options.flag("external") ? { external: true } : {}),
    ...expiryOf(options, t),
    t,
  };
  const client = await shell.client();
  const added: unknown[] = [];
  const failures: Failure[] = [];
  using progress = print.progress();
  for (const [index, file] of args.entries()) {
    progress.update(t("memory.adding", { file, number: index + 1, count: args.length }));
    try {
      const startedMs = Date.now();
      const document = await addFile(client, file, wanted);
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
      if (!print.json) print.failure(about(error, file));
    }
  }
  if (print.json)
    print.value({
      added,
      failed: failures.map(({ message, detail, data }) => data ?? { title: message, detail }),
    });
  return failures.length === 0 ? exitCodes.ok : exitCodes.failed;
}

interface Wanted {
  readonly title: string | undefined;
  readonly shared: boolean;
  readonly external?: boolean;
  readonly expiresAt?: string;
  readonly t: Translate;
}

async function addFile(client: Client, file: string, { title, t, ...how }: Wanted) {
  const found = file === "-" ? await readInput(t) : await documentIn(await readBytes(file, t), t);
  const named = title === undefined ? found : { ...found, title: title.slice(0, titleCharsMax) };
  return await client.ask("addDocument", { body: { ...named, ...how } });
}

async function readInput(t: Translate) {
  const input = await readStandardInput(documentTextBytesMax);
  if (input.kind === "too_long") throw tooLarge(t, documentTextBytesMax);
  if (input.kind === "not_text") throw new Failure("failed", { title: t("input.not_text") });
  const { text } = input;
  if (text.trim() === "") throw new Failure("failed", { title: t("memory.empty") });
  return { text, title: documentTitle(text, "-", "text/plain"), mediaType: "text/plain" as const };
}
