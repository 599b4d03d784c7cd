import { extname, resolve } from "node:path";
import type { Client } from "../client.ts";
import { about, documentIn, type FileBytes, readBytes } from "../document-file.ts";
import { expiryOf } from "../expiry.ts";
import { exitCodes, Failure } from "../failure.ts";
import { findFiles, type FoundFiles } from "../find-files.ts";
import type { Answer } from "../route-types.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";
import type { Translate } from "../texts/translate.ts";
import { restoreMemory } from "./memory-transfer.ts";

type Document = Answer<"addDocument">;

interface Counts {
  added: number;
  changed: number;
  unchanged: number;
}

/**
 * `memory import PATH…`: every file of folders and patterns becomes a document. A file that memory has as it is now is
 * passed over by its hash, so an import that broke off goes on where it was; a changed one replaces the former. What is
 * refused is listed with the reason, and the others are added all the same; the command then fails. One file that ends in
 * `.jsonl` is an exported memory, which is taken over instead.
 */
export async function memoryImport(shell: Shell, { args, options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const [only = ""] = args;
  if (args.length === 1 && extname(only) === ".jsonl")
    return restoreMemory(shell, { file: only, isDryRun: options.flag("dry-run") });
  const how = {
    shared: options.flag("shared"),
    ...(options.flag("external") ? { external: true } : {}),
    ...expiryOf(options, t),
  };
  const isDryRun = options.flag("dry-run");
  const found = await findFiles(args, t);
  const client = await shell.client();
  const known = await knownDocuments(client, how.shared);
  const counts: Counts = { added: 0, changed: 0, unchanged: 0 };
  const refused: { file: string; failure: Failure }[] = [];
  using progress = print.progress();
  for (const [index, file] of found.files.entries()) {
    progress.update(t("memory.adding", { file, number: index + 1, count: found.files.length }));
    try {
      const former = known.get(resolve(file));
      const bytes = await readBytes(file, t);
      const isExternal = former?.tier === "external";
      const isAsWanted = how.expiresAt === undefined && isExternal === "external" in how;
      if (isSame(bytes, former) && isAsWanted) {
        counts.unchanged += 1;
        continue;
      }
      const document = await documentIn(bytes, t);
      const kind = former === undefined ? "added" : "changed";
      if (!isDryRun) await client.ask("addDocument", { body: { ...document, ...how } });
      counts[kind] += 1;
      progress.update("");
      if (!print.json) print.line(t(`import.${kind}`, { file: plainLine(file) }));
    } catch (error) {
      // The other files are no worse for this one; a node that is gone would fail them all.
      if (!(error instanceof Failure) || error.code === "unreachable") throw error;
      refused.push({ file, failure: error });
    }
  }
  progress.update("");
  if (print.json) print.value({ dryRun: isDryRun, ...counts, ...refusals(refused, found) });
  else tell(shell, { counts, refused, found, isDryRun });
  return refused.length === 0 ? exitCodes.ok : exitCodes.failed;
}

/** The documents of the same reach that memory has, by their source. */
async function knownDocuments(client: Client, shared: boolean): Promise<Map<string, Document>> {
  const { documents } = await client.ask("listDocuments");
  const own = documents.filter((document) => document.shared === shared);
  return new Map(own.map((document) => [document.source, document]));
}

function isSame({ sha256 }: FileBytes, former: Document | undefined): boolean {
  return former !== undefined && sha256 === (former.originalSha256 ?? former.sha256);
}

type Refused = readonly { readonly file: string; readonly failure: Failure }[];

function refusals(refused: Refused, { passedOver }: FoundFiles) {
  return {
    refused: refused.map(({ file, failure: { message, detail, data } }) => ({
      file,
      why: data ?? { title: message, detail },
    })),
    passedOver: Object.fromEntries(passedOver),
  };
}

function tell(
  { print, t }: Shell,
  {
    counts,
    refused,
    found,
    isDryRun,
  }: {
    readonly counts: Counts;
    readonly refused: Refused;
    readonly found: FoundFiles;
    readonly isDryRun: boolean;
  },
): void {
  for (const { file, failure } of refused) print.failure(about(failure, file));
  if (found.passedOver.size > 0)
    print.note(t("import.passed_over", { endings: endingsOf(found.passedOver, t) }));
  print.note(
    t(isDryRun ? "import.would_be" : "import.done", { ...counts, refused: refused.length }),
  );
}

function endingsOf(passedOver: ReadonlyMap<string, number>, t: Translate): string {
  return [...passedOver]
    .toSorted((left, right) => right[1] - left[1])
    .map(([ending, count]) => `${ending === "" ? t("import.no_ending") : ending} × ${count}`)
    .map(plainLine)
    .join(", ");
}
