import type { Notice } from "@adyton/core";
import type { Shell } from "./shell.ts";
import { plainLine } from "./terminal-text.ts";
import type { TextKey } from "./texts/translate.ts";

type BackendChanged = Extract<Notice, { readonly kind: "backend_changed" }>;

/** Writes what the node tells while it starts and runs: a line for each thing, or its JSON. */
export function noticePrinter(shell: Shell): (notice: Notice) => void {
  const { print, t } = shell;
  const models = new Map<string, BackendChanged["status"]>();
  return (notice) => {
    if (print.json) return print.value(notice);
    if (notice.kind !== "backend_changed") printNotice(shell, notice);
    // How a server is at the start is told with its name, and counts as its first change.
    if (notice.kind !== "backend" && notice.kind !== "backend_changed") return;
    const { name, status, detail } = notice;
    const key = modelTexts[`${models.get(name) ?? "unknown"}-${status}`];
    if (key !== undefined) print.line(plainLine(t(key, { detail })));
    models.set(name, status);
  };
}

/** The start has named the server already, so that one which works at once is not news. */
const modelTexts: Readonly<Record<string, TextKey>> = {
  "unknown-degraded": "up.not_yet",
  "ok-degraded": "up.backend_away",
  "degraded-ok": "up.backend_back",
};

function printNotice({ print, t }: Shell, notice: Exclude<Notice, BackendChanged>): void {
  switch (notice.kind) {
    case "first_start":
      print.line(t("up.first_start", { home: notice.home }));
      print.line(t("up.token", { file: notice.tokenFile }));
      break;
    case "backend": {
      const { url, pinned, among, found } = notice;
      const names = among.map((server) => `${server.url} (${server.model})`).join(", ");
      if (among.length > 1 && !pinned) print.line(plainLine(t("up.backends_found", { names })));
      const model = notice.model ?? t("up.model_of_server");
      print.line(plainLine(t(backendText(url, pinned), { model, url })));
      if (among.length > 1 && found && !pinned) print.note(t("up.chosen_first"));
      break;
    }
    case "no_backend":
      print.line(t(notice.asked ? "up.no_backend_wanted" : "up.no_backend"));
      for (const other of notice.others) print.note(`  ${plainLine(other)}`);
      break;
    case "door_changed": {
      const { door, status, detail } = notice;
      const key = status === "open" ? "up.door_open" : "up.door_closed";
      print.line(plainLine(t(key, { door, detail })));
      break;
    }
    case "listening":
      print.line(
        t("up.listening", { addresses: print.paint("bold", notice.addresses.join(", ")) }),
      );
      break;
    case "recovered":
      print.line(t("up.recovered", { resumed: notice.resumed, interrupted: notice.interrupted }));
      break;
    case "warning":
      print.note(plainLine(notice.text), "yellow");
      break;
  }
}

/** Workers and a model file have an address of their own kind, which is no server's. */
function backendText(url: string, pinned: boolean): TextKey {
  if (/^rediss?:/.test(url)) return "up.backend_workers";
  if (url.startsWith("embedded:")) return "up.backend_embedded";
  return pinned ? "up.backend_pinned" : "up.backend";
}
