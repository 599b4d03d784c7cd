import { foldLinesMax } from "@adyton/protocol";
import * as z from "zod";
import type { FoldedCluster, RememberedCluster } from "../../domain/fold/fold.ts";
import { logLevels } from "../../domain/fold/log-record.ts";
import type { Baseline } from "../../domain/fold/rank.ts";
import type { Facts } from "../../domain/journal/record.ts";
import type { RecordsPort, StatePort } from "../../ports/journal.ts";
import { keyedDigest } from "../identifiers.ts";

/** Clusters of one fold that are remembered, the highest ranked; the others are new again when they come back. */
const clustersRecordedMax = 500;
/** Records whose clusters' texts are taken up again, the newest. */
const recordsReadMax = 64;
const hourMs = 3_600_000;
const daysBefore = 7;

const Told = z.object({
  clusters: z.record(
    z.string(),
    z.object({
      fingerprint: z.string(),
      kind: z.string(),
      level: z.enum(logLevels),
      exception: z.string(),
      frames: z.array(z.string()),
      template: z.string(),
    }),
  ),
});

export interface ClusterMemoryOptions {
  readonly records: RecordsPort;
  readonly state: StatePort;
  /** Names people, logs and fingerprints in headers, so that nobody can test a guess of a text there. */
  readonly digestKey: Uint8Array;
}

/** What is known of one person's log from earlier folds. */
export class ClusterMemory {
  readonly #options: ClusterMemoryOptions;
  readonly #scope: string;
  readonly #known: ReadonlyMap<string, { readonly seq: number; readonly count: number }>;
  readonly #coveredMs: number;

  constructor(
    options: ClusterMemoryOptions,
    of: { person: string; source: string; nowMs: number },
  ) {
    this.#options = options;
    this.#scope = keyedDigest(options.digestKey, "fold-scope", of.person, of.source).toString(
      "hex",
      0,
      12,
    );
    const hour = Math.floor(of.nowMs / hourMs);
    const hours = Array.from({ length: daysBefore }, (_, day) => hour - 24 * (day + 1));
    const rows = options.state.foldClusters(this.#scope, hours);
    this.#known = new Map(rows.map(({ key, seq, count }) => [key, { seq, count }]));
    this.#coveredMs = options.state.foldCoverage(this.#scope, hours).ms;
  }

  /** Nothing of this log was ever folded. */
  get isFirst(): boolean {
    return this.#known.size === 0;
  }

  isKnown(cluster: FoldedCluster): boolean {
    return this.#known.has(this.#key(cluster.fingerprint));
  }

  /** What the same hours of the seven days before would lead one to expect of a window as long. */
  baseline({ fingerprint }: FoldedCluster, windowMs: number): Baseline | undefined {
    if (this.#coveredMs === 0 || windowMs === 0) return undefined;
    const counted = this.#known.get(this.#key(fingerprint))?.count ?? 0;
    return { expected: (counted / this.#coveredMs) * windowMs };
  }

  /** The clusters whose texts are still there: what was erased is learned anew. */
  remembered(): RememberedCluster[] {
    const bySeq = Map.groupBy(this.#known, ([, { seq }]) => seq);
    const newest = [...bySeq.keys()]
      .toSorted((left, right) => right - left)
      .slice(0, recordsReadMax);
    // The cluster that was seen last comes last, so that it is forgotten last.
    return newest.toReversed().flatMap((seq) => {
      const told = Told.safeParse(this.#options.records.record(seq)?.data).data?.clusters ?? {};
      return (bySeq.get(seq) ?? []).flatMap(([key]) => told[key] ?? []);
    });
  }

  /** The facts and the words of what is now known. */
  toRecord(clusters: readonly FoldedCluster[]): {
    readonly facts: Pick<Facts<"fold.recorded">, "scope" | "clusters">;
    readonly told: z.infer<typeof Told>["clusters"];
  } {
    const told: z.infer<typeof Told>["clusters"] = {};
    const counts = new Map<string, { count: number; isTold: boolean }>();
    for (const cluster of clusters.slice(0, clustersRecordedMax)) {
      const key = this.#key(cluster.fingerprint);
      const isTold = cluster.isChanged || !this.#known.has(key);
      const before = counts.get(key);
      counts.set(key, {
        count: Math.min(foldLinesMax, cluster.count + (before?.count ?? 0)),
        isTold: isTold || before?.isTold === true,
      });
      const { fingerprint, kind, level, exception, frames, template } = cluster;
      if (isTold)
        told[key] = { fingerprint, kind, level, exception, frames: [...frames], template };
    }
    const listed = [...counts].map(([key, { count, isTold }]) => ({ key, count, isTold }));
    return { facts: { scope: this.#scope, clusters: listed }, told };
  }

  #key(fingerprint: string): string {
    return keyedDigest(this.#options.digestKey, "fold-cluster", this.#scope, fingerprint).toString(
      "hex",
      0,
      12,
    );
  }
}
