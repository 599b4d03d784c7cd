import type { Facts } from "../../domain/journal/record.ts";

const hourMs = 3_600_000;
/** Counts of hours before this are of no use: a burst is told by seven earlier days. */
const hoursKept = 8 * 24;
/** Clusters of one log that are remembered; those not seen for longest are forgotten. */
const clustersRememberedMax = 5_000;

type Run = (sql: string, ...values: (string | number | null)[]) => void;

/** What a fold leaves: its clusters are known, and counted under the hour in which it was made, and so is its call. */
export function foldProjection<T extends { readonly seq: number; readonly time: number }>(
  run: Run,
  countCall: (record: T, facts: Facts<"fold.recorded">) => void,
) {
  return {
    "fold.recorded": (record: T, facts: Facts<"fold.recorded">): void => {
      const { scope } = facts;
      if (facts.calls > 0) countCall(record, facts);
      const hour = Math.floor(record.time / hourMs);
      for (const { key, count, isTold } of facts.clusters) {
        run(
          `INSERT INTO fold_cluster (scope, key, seq, last) VALUES (?, ?, ?, ?)
           ON CONFLICT (scope, key) DO UPDATE SET last = excluded.last${isTold ? ", seq = excluded.seq" : ""}`,
          scope,
          key,
          record.seq,
          record.time,
        );
        run(
          `INSERT INTO fold_count (scope, key, hour, count) VALUES (?, ?, ?, ?)
           ON CONFLICT (scope, key, hour) DO UPDATE SET count = count + excluded.count`,
          scope,
          key,
          hour,
          count,
        );
      }
      run(
        `INSERT INTO fold_cover (scope, hour, ms) VALUES (?, ?, ?)
         ON CONFLICT (scope, hour) DO UPDATE SET ms = ms + excluded.ms`,
        scope,
        hour,
        facts.windowMs,
      );
      run("DELETE FROM fold_count WHERE scope = ? AND hour < ?", scope, hour - hoursKept);
      run("DELETE FROM fold_cover WHERE scope = ? AND hour < ?", scope, hour - hoursKept);
      run(
        `DELETE FROM fold_cluster WHERE scope = ?1 AND key IN
           (SELECT key FROM fold_cluster WHERE scope = ?1 ORDER BY last DESC, key LIMIT -1 OFFSET ?2)`,
        scope,
        clustersRememberedMax,
      );
    },
  };
}
