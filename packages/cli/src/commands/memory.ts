import { searchResultsMax } from "@adyton/protocol";
import { exitCodes } from "../failure.ts";
import { localTime } from "../local-time.ts";
import type { Cell } from "../printer.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine, plainText } from "../terminal-text.ts";

/** `memory search`: what memory holds on a query; fails, like grep, when it holds nothing. */
export async function memorySearch(shell: Shell, { args, options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const limit = options.whole("limit", { min: 1, max: searchResultsMax });
  const client = await shell.client();
  const results = await client.ask("searchMemory", { query: { q: args.join(" "), limit } });
  if (print.json) print.value(results);
  else if (!results.found) print.line(t("memory.not_found"));
  else
    for (const [index, hit] of bestFirst(results.hits).entries()) {
      const heading = hit.heading.filter((part) => part !== hit.title);
      const place = [hit.title, ...heading].map(plainLine).join(" › ");
      if (index > 0) print.line();
      print.line(`[${index + 1}] ${print.paint("bold", place)}`);
      print.line(print.paint("dim", `    ${plainLine(hit.source)} · ${hit.score.toFixed(3)}`));
      print.line(plainText(hit.text).trim().replaceAll(/^/gm, "    "));
    }
  return results.found ? exitCodes.ok : exitCodes.failed;
}

/** `memory list`: the documents the caller may find. */
export async function memoryList(shell: Shell): Promise<number> {
  const { print, t } = shell;
  const client = await shell.client();
  const list = await client.ask("listDocuments");
  if (print.json) {
    print.value(list);
    return 0;
  }
  print.table(
    [
      t("memory.columns")
        .split("|")
        .map((text): Cell => ({ text, style: "bold" })),
      ...list.documents.map((document): Cell[] => [
        { text: plainLine(document.documentId), style: "dim" },
        { text: plainLine(document.title) },
        { text: String(document.bytes) },
        { text: document.shared ? t("memory.shared") : t("memory.own") },
        { text: localTime(document.addedAt), style: "dim" },
        { text: plainLine(document.source) },
      ]),
    ],
    new Set([2]),
  );
  print.note(t("memory.total", { total: list.total }));
  return 0;
}

/** By score; equals keep their order. */
function bestFirst<T extends { readonly score: number }>(hits: readonly T[]): T[] {
  return hits.toSorted((left, right) => right.score - left.score);
}
