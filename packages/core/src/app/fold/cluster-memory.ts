import { foldLinesMax } from "@adyton/protocol";
import * as z from "zod";
import type { FoldedCluster, Regrouping, RememberedCluster } from "../../domain/fold/fold.ts";
import { logLevels } from "../../domain/fold/log-record.ts";
import type { Baseline } from "../../domain/fold/rank.ts";
import type { Facts } from "../../domain/journal/record.ts";
import type { RecordsPort, StatePort } from "../../ports/journal.ts";
import { breath } from "../breath.ts";
import { keyedDigest } from "../identifiers.ts";

/** Clusters of one fold that are remembered, the highest ranked; the others are new again when they come back. */
const clustersRecordedMax = 500;
/** Records read with one step; between two steps the event loop is free. */
const stepRecords = 50;
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
      isPart: z.boolean(),
    }),
  ),
});

export interface ClusterMemoryOptions {
  readonly records: RecordsPort;
  readonly state: StatePort;
  /** Names people, logs and fingerprints in headers, so that nobody can test a guess of a text there. */
  readonly digestKey: Uint8Array;
}

/** What is known of one person's log from earlier folds, and what the person decided about its clusters. */
export class ClusterMemory {
  readonly #options: ClusterMemoryOptions;
  readonly #known: ReadonlyMap<string, { readonly seq: number; readonly count: number }>;
  /** What a cluster was merged into, by keys; `null` where it was split. */
  readonly #groups: ReadonlyMap<string, string | null>;
  readonly #coveredMs: number;
  readonly #hour: number;
  readonly scope: string;

  constructor(options: ClusterMemoryOptions, of: { person: string; source: string; atMs: number }) {
    const { state, digestKey } = options;
    this.#options = options;
    this.scope = keyedDigest(digestKey, "fold-scope", of.person, of.source).toString("hex", 0, 12);
    this.#hour = Math.floor(of.atMs / hourMs);
    const hours = Array.from({ length: daysBefore }, (_, day) => this.#hour - 24 * (day + 1));
    const rows = state.foldClusters(this.scope, hours);
    this.#known = new Map(rows.map(({ key, seq, count }) => [key, { seq, count }]));
    this.#groups = new Map(state.foldGroups(this.scope).map(({ key, into }) => [key, into]));
    this.#coveredMs = state.foldCoverage(this.scope, hours).ms;
  }

  /** Nothing of this log was ever folded. */
  get isFirst(): boolean {
    return this.#known.size === 0;
  }

  isKnown(fingerprint: string): boolean {
    return this.#known.has(this.key(fingerprint));
  }

  /** What the same hours of the seven days before would lead one to expect of a window as long. */
  baseline(fingerprint: string, windowMs: number): Baseline | undefined {
    if (this.#coveredMs === 0 || windowMs === 0) return undefined;
    const counted = this.#known.get(this.key(fingerprint))?.count ?? 0;
    return { expected: (counted / this.#coveredMs) * windowMs };
  }

  /** The clusters whose texts are still there: what was erased is learned anew. */
  async remembered(): Promise<RememberedCluster[]> {
    const bySeq = [...Map.groupBy(this.#known, ([, { seq }]) => seq)];
    // The cluster that was told last comes last, so that it is forgotten last.
    bySeq.sort(([left], [right]) => left - right);
    const found: RememberedCluster[] = [];
    for (const [at, [seq, members]] of bySeq.entries()) {
      const told = Told.safeParse(this.#options.records.record(seq)?.data).data?.clusters ?? {};
      found.push(...members.flatMap(([key]) => told[key] ?? []));
      if (at % stepRecords === stepRecords - 1) await breath();
    }
    return found;
  }

  /** The person's decisions, as a folder applies them; a name is found only where its cluster is remembered. */
  regrouping(remembered: readonly RememberedCluster[]): Regrouping {
    const nameByKey = new Map(
      remembered.map(({ fingerprint }) => [this.key(fingerprint), fingerprint]),
    );
    const groups = this.#groups;
    return {
      nameOf: (fingerprint) => {
        if (groups.size === 0) return fingerprint;
        return nameByKey.get(groups.get(this.key(fingerprint)) ?? "") ?? fingerprint;
      },
      isSplit: (fingerprint) => groups.get(this.key(fingerprint)) === null,
      hasSplits: [...groups.values()].includes(null),
    };
  }

  /** The facts and the words of what is now known. */
  toRecord(clusters: readonly FoldedCluster[]): {
    readonly facts: Pick<Facts<"fold.recorded">, "scope" | "hour" | "clusters">;
    readonly told: z.infer<typeof Told>["clusters"];
  } {
    const told: z.infer<typeof Told>["clusters"] = {};
    const listed = clusters.slice(0, clustersRecordedMax).map((cluster) => {
      const { fingerprint, kind, level, exception, frames, template, isPart } = cluster;
      const key = this.key(fingerprint);
      const isTold = cluster.isChanged || !this.#known.has(key);
      if (isTold)
        told[key] = { fingerprint, kind, level, exception, frames: [...frames], template, isPart };
      return { key, count: Math.min(foldLinesMax, cluster.count), isTold };
    });
    return { facts: { scope: this.scope, hour: this.#hour, clusters: listed }, told };
  }

  /** A fingerprint as headers hold it. */
  key(fingerprint: string): string {
    const { digestKey } = this.#options;
    return keyedDigest(digestKey, "fold-cluster", this.scope, fingerprint).toString("hex", 0, 12);
  }
}
