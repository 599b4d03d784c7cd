import { type FoldReport, grantCovers } from "@adyton/protocol";
import type { Principal } from "../../ports/http.ts";
import type { RecordHeader, RecordsPort } from "../../ports/journal.ts";
import { maySeeWords } from "../permissions.ts";
import { journalBackwards } from "./journal-backwards.ts";

/** How long before the first trouble a change counts as near. */
const changesBeforeMs = 30 * 60_000;
/** Changes that are listed, the newest. */
export const changesMax = 20;
/** Records looked at for them, backwards from the newest. */
const lookedAtMax = 5_000;

/** What the node itself does that can be a cause, and events from outside that are named for a change. */
const ownChanges: ReadonlySet<string> = new Set([
  "node.started",
  "mode.changed",
  "mode.restored",
  "backend.changed",
  "storage.recovered",
  "journal.restored",
]);
const outsideChange = /deploy|push|release|rollout|rollback|config|migrat|upgrade|restart/i;

/** Changes in the half hour before `onsetMs`, as far as the caller may see them, the oldest first. */
export function changesBefore(
  records: RecordsPort,
  onsetMs: number,
  caller: Principal,
): FoldReport["changes"] {
  const found: RecordHeader[] = [];
  for (const header of journalBackwards(records, lookedAtMax)) {
    if (header.timeMs < onsetMs - changesBeforeMs || found.length === changesMax) break;
    if (header.timeMs <= onsetMs && isChange(header) && maySee(caller, header)) found.push(header);
  }
  return found.toReversed().map(({ seq, timeMs, type }) => ({
    seq,
    at: new Date(timeMs).toISOString(),
    type,
    minutesBefore: Math.round((onsetMs - timeMs) / 6_000) / 10,
  }));
}

function isChange({ origin, type }: RecordHeader): boolean {
  return origin === "node" ? ownChanges.has(type) : outsideChange.test(type);
}

function maySee(caller: Principal, { owner }: RecordHeader): boolean {
  return grantCovers(caller.grants, "admin") || maySeeWords(caller, owner);
}
