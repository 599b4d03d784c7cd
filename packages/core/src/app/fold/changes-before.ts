import { type FoldReport, grantCovers } from "@adyton/protocol";
import type { Principal } from "../../ports/http.ts";
import type { RecordHeader, RecordsPort } from "../../ports/journal.ts";
import { maySeeWords } from "../permissions.ts";

/** How long before the first trouble a change counts as near. */
const changesBeforeMs = 30 * 60_000;
/** Changes that are listed, the newest. */
const changesMax = 20;
/** Records looked at for them, backwards from the newest. */
const lookedAtMax = 5_000;
const stepRecords = 100;

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
  const newest = records.lastSeq();
  const lowest = Math.max(0, newest - lookedAtMax);
  const found: RecordHeader[] = [];
  for (let top = newest; top > lowest;) {
    const below = Math.max(lowest, top - stepRecords);
    const headers = records.headersAfter(below, top - below).toReversed();
    for (const header of headers) {
      if (header.timeMs > onsetMs) continue;
      if (header.timeMs < onsetMs - changesBeforeMs || found.length === changesMax) top = 0;
      else if (isChange(header) && maySee(caller, header)) found.push(header);
      if (top === 0) break;
    }
    top = top === 0 ? 0 : below;
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
