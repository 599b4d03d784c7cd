import * as z from "zod";
import type { RecordHeader, RecordsPort } from "../../ports/journal.ts";
import { journalBackwards } from "./journal-backwards.ts";

/** Records of the journal looked at for the node's own trouble, backwards from the newest. */
const lookedAtMax = 20_000;
/** As far back as a window and the seven days it is compared with can lie. */
const backMsMax = 15 * 86_400_000;

const Failed = z.looseObject({ code: z.string() });
const Changed = z.looseObject({ name: z.string(), status: z.string() });

/** What the journal tells of the node's trouble: the log has only what belongs to no turn. */
function troubleOf({
  type,
  facts,
}: RecordHeader): readonly [level: string, text: string] | undefined {
  if (type === "turn.failed") {
    const code = Failed.safeParse(facts).data?.code;
    return code === undefined || code === "cancelled"
      ? undefined
      : ["error", `turn failed: ${code}`];
  }
  if (type === "storage.recovered") return ["warn", "storage took nothing for a while"];
  if (type !== "backend.changed") return undefined;
  const change = Changed.safeParse(facts).data;
  if (change === undefined || change.status === "ok") return undefined;
  return ["error", `model server ${change.name}: ${change.status}`];
}

/**
 * The node's own log with the failures that its journal records, in the order of their times: both write a line as JSON
 * with its time first, so the order of the lines is that of the times. `sinceMs` is how far back the journal was read.
 */
export function withJournal(
  log: string,
  records: RecordsPort,
  nowMs: number,
): { readonly text: string; readonly sinceMs: number } {
  const lines: string[] = [];
  let looked = 0;
  let sinceMs = nowMs - backMsMax;
  for (const header of journalBackwards(records, lookedAtMax)) {
    if (header.timeMs < nowMs - backMsMax) break;
    looked += 1;
    if (looked === lookedAtMax) sinceMs = header.timeMs;
    const trouble = header.origin === "node" ? troubleOf(header) : undefined;
    if (trouble === undefined) continue;
    const [level, message] = trouble;
    const time = new Date(header.timeMs).toISOString();
    lines.push(JSON.stringify({ time, level, message, name: "journal" }));
  }
  const own = log.split("\n").filter((line) => line !== "");
  return { text: [...own, ...lines].toSorted().join("\n"), sinceMs };
}
