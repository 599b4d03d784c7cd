import { Drain, type DrainCluster } from "./drain.ts";
import { type LogLevel, type LogRecord } from "./log-record.ts";
import { maskedWords, shownText } from "./mask.ts";
import { faultOf } from "./stack.ts";

/** Exemplars of a cluster: the first two lines and the newest. */
export const exemplarsMax = 3;
/** Characters of an exemplar. */
export const exemplarCharsMax = 300;
/** Writers of one cluster that are told apart; more count as so many. */
const unitsMax = 64;

export interface Exemplar {
  /** `L` and the number of the line among those that were read. */
  readonly lineId: string;
  readonly timeMs: number | undefined;
  readonly text: string;
}

/** A cluster as it was remembered. */
export interface RememberedCluster {
  readonly fingerprint: string;
  readonly kind: string;
  readonly level: LogLevel;
  readonly exception: string;
  readonly frames: readonly string[];
  readonly template: string;
}

/** A cluster with what this window holds of it. */
export interface FoldedCluster extends RememberedCluster {
  readonly count: number;
  readonly firstLine: number;
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  readonly units: number;
  readonly exemplars: readonly Exemplar[];
  /** Remembered from earlier, and whether its text has become more general since. */
  readonly isRemembered: boolean;
  readonly isChanged: boolean;
}

interface Building extends DrainCluster {
  readonly level: LogLevel;
  readonly exception: string;
  readonly frames: readonly string[];
  readonly remembered: RememberedCluster | undefined;
  count: number;
  firstLine: number;
  firstMs: number | undefined;
  lastMs: number | undefined;
  readonly units: Set<string>;
  readonly exemplars: LogRecord[];
}

/** Folds records into clusters, in memory that does not grow with their number. */
export class Folder {
  readonly #digest: (text: string) => string;
  readonly #drain: Drain<Building>;
  /** What the next new cluster is made from. */
  #making: { record: LogRecord; exception: string; frames: readonly string[] } | undefined;
  records = 0;
  /** Records of clusters that were forgotten because there were too many. */
  forgotten = { clusters: 0, records: 0 };

  constructor(digest: (text: string) => string, remembered: readonly RememberedCluster[] = []) {
    this.#digest = digest;
    this.#drain = new Drain(
      (kind, words) => this.#make(kind, words),
      ({ count }) => {
        if (count === 0) return;
        this.forgotten.clusters += 1;
        this.forgotten.records += count;
      },
    );
    for (const each of remembered) this.#drain.restore(restored(each));
  }

  add(record: LogRecord): void {
    this.records += 1;
    const { exception, frames } = faultOf(record.message, record.stack);
    const kind =
      frames.length + exception.length === 0
        ? record.level
        : `${record.level} ${exception} ${frames.join(",")}`;
    this.#making = { record, exception, frames };
    counted(this.#drain.add(kind, maskedWords(record.message)), record);
  }

  /** The clusters of this window, in the order in which they first came. */
  finish(): FoldedCluster[] {
    return [...this.#drain.clusters]
      .filter((cluster) => cluster.count > 0)
      .toSorted((left, right) => left.firstLine - right.firstLine)
      .map((cluster) => this.#folded(cluster));
  }

  #make(kind: string, words: string[]): Building {
    const { record, exception, frames } = this.#making ?? neverMade();
    const { level } = record;
    return { ...empty(), kind, words, level, exception, frames, remembered: undefined };
  }

  #folded(cluster: Building): FoldedCluster {
    const { kind, level, exception, frames, count: n, firstLine, firstMs, lastMs } = cluster;
    const template = cluster.words.join(" ");
    const { remembered } = cluster;
    return {
      // A remembered cluster keeps its name when its text becomes more general.
      fingerprint: remembered?.fingerprint ?? this.#fingerprint(cluster, template),
      kind,
      level,
      exception,
      frames,
      template,
      count: n,
      firstLine,
      firstMs,
      lastMs,
      units: cluster.units.size,
      exemplars: cluster.exemplars.map(exemplar),
      isRemembered: remembered !== undefined,
      isChanged: remembered?.template !== template,
    };
  }

  /** The version before the digest stays with a cluster: a later version names new clusters alone. */
  #fingerprint({ level, exception, frames }: Building, template: string): string {
    return `fold1:${this.#digest(JSON.stringify([level, exception, frames, template]))}`;
  }
}

function empty() {
  return {
    count: 0,
    firstLine: 0,
    firstMs: undefined,
    lastMs: undefined,
    units: new Set<string>(),
    exemplars: [],
  };
}

function restored(remembered: RememberedCluster): Building {
  const { kind, level, exception, frames, template } = remembered;
  return { ...empty(), kind, level, exception, frames, words: template.split(" "), remembered };
}

function counted(cluster: Building, record: LogRecord): void {
  cluster.count += 1;
  if (cluster.count === 1) cluster.firstLine = record.line;
  const { timeMs } = record;
  if (timeMs !== undefined) {
    cluster.firstMs = Math.min(cluster.firstMs ?? timeMs, timeMs);
    cluster.lastMs = Math.max(cluster.lastMs ?? timeMs, timeMs);
  }
  if (cluster.units.size < unitsMax) cluster.units.add(record.unit);
  // Kept as they came; they are masked only where they are shown.
  if (cluster.exemplars.length < exemplarsMax) cluster.exemplars.push(record);
  else cluster.exemplars[exemplarsMax - 1] = record;
}

function exemplar({ line, timeMs, message, stack }: LogRecord): Exemplar {
  const [head] = stack;
  const said = head === undefined ? message : `${message} | ${head.trim()}`;
  return { lineId: `L${line}`, timeMs, text: shownText(said, exemplarCharsMax) };
}

function neverMade(): never {
  throw new TypeError("a cluster is made while a record is added");
}
