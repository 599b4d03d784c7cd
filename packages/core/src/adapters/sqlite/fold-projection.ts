import type { Facts } from "../../domain/journal/record.ts";

/** Counts of hours before this are of no use: a burst is told by seven earlier days. */
const hoursKept = 8 * 24;
/** Decisions about the clusters of one log; the oldest are forgotten. */
const groupsMax = 1_000;
/** Clusters of one log that are remembered; those not seen for longest are forgotten. */
const clustersRememberedMax = 5_000;

type Run = (sql: string, ...values: (string | number | null)[]) => void;

/** What a fold leaves: its clusters are known, and counted under the hour of their window, and so is its call. */
export function foldProjection<T extends { readonly seq: number; readonly time: number }>(
  run: Run,
  countCall: (record: T, facts: Facts<"fold.recorded">) => void,
) {
  return {
    "fold.recorded": (record: T, facts: Facts<"fold.recorded">): void => {
      const { scope, hour } = facts;
      if (facts.calls > 0) countCall(record, facts);
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
    "fold.regrouped": ({ seq }: T, { scope, kind, keys }: Facts<"fold.regrouped">): void => {
      const [head = "", ...others] = keys;
      if (kind === "merge") merge(run, { scope, head, others, seq });
      else split(run, { scope, key: head, seq });
      run(
        `DELETE FROM fold_group WHERE scope = ?1 AND key IN
           (SELECT key FROM fold_group WHERE scope = ?1 ORDER BY seq DESC, key LIMIT -1 OFFSET ?2)`,
        scope,
        groupsMax,
      );
    },
  };
}

interface Merge {
  readonly scope: string;
  readonly head: string;
  readonly others: readonly string[];
  readonly seq: number;
}

/** The others, and all that counted as one of them, count as the first. */
function merge(run: Run, { scope, head, others, seq }: Merge): void {
  run("DELETE FROM fold_group WHERE scope = ? AND key = ?", scope, head);
  for (const key of others) {
    if (key === head) continue;
    run(
      "UPDATE fold_group SET into_key = ?, seq = ? WHERE scope = ? AND into_key = ?",
      head,
      seq,
      scope,
      key,
    );
    run(
      `INSERT INTO fold_group (scope, key, into_key, seq) VALUES (?, ?, ?, ?)
       ON CONFLICT (scope, key) DO UPDATE SET into_key = excluded.into_key, seq = excluded.seq`,
      scope,
      key,
      head,
      seq,
    );
  }
}

/** What was merged into a cluster stands for itself again; where nothing was, each text of the cluster does. */
function split(run: Run, { scope, key, seq }: { scope: string; key: string; seq: number }): void {
  run(
    `INSERT INTO fold_group (scope, key, into_key, seq) SELECT ?1, ?2, NULL, ?3
       WHERE NOT EXISTS (SELECT 1 FROM fold_group WHERE scope = ?1 AND into_key = ?2)
     ON CONFLICT (scope, key) DO UPDATE SET into_key = NULL, seq = excluded.seq`,
    scope,
    key,
    seq,
  );
  run("DELETE FROM fold_group WHERE scope = ? AND into_key = ?", scope, key);
}
