import { Drain, type DrainCluster } from "./drain.ts";
import { type LogLevel, type LogRecord } from "./log-record.ts";
import { maskedWords, shownText } from "./mask.ts";
import { type Fault, faultOf } from "./stack.ts";

/** Exemplars of a cluster: the first two lines and the newest. */
export const exemplarsMax = 3;
/** Characters of an exemplar. */
export const exemplarCharsMax = 300;
/** Writers of one cluster that are told apart; more count as so many. */
const unitsMax = 64;
/** Texts into which a person has split clusters; the lines of further ones stay together. */
export const partsMax = 500;

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
  /** One text of a cluster that a person has split. */
  readonly isPart: boolean;
}

/** A cluster with what this window holds of it. */
export interface FoldedCluster extends RememberedCluster {
  readonly count: number;
  readonly firstLine: number;
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  readonly units: number;
  readonly exemplars: readonly Exemplar[];
  /** Lines in the same window of earlier days, as far as this log holds them, and whether any line came before. */
  readonly compared: number;
  readonly cameBefore: boolean;
  /** Remembered from earlier, and whether its text has become more general since. */
  readonly isRemembered: boolean;
  readonly isChanged: boolean;
}

/** Where a line lies: in the window, in the same window of an earlier day, or elsewhere before. */
export type Place = "window" | "compared" | "before";

/** What a person has decided about clusters. */
export interface Regrouping {
  /** The name under which a fingerprint counts: its own, or that of the one it was merged into. */
  nameOf(fingerprint: string): string;
  /** Whether each text of this cluster stands for itself. */
  isSplit(fingerprint: string): boolean;
  readonly hasSplits: boolean;
}

const asFound: Regrouping = {
  nameOf: (fingerprint) => fingerprint,
  isSplit: () => false,
  hasSplits: false,
};

interface Building extends DrainCluster {
  readonly level: LogLevel;
  readonly fault: Fault;
  readonly named: string | undefined;
  readonly isPart: boolean;
  readonly remembered: RememberedCluster | undefined;
  /** `undefined` until it was looked up. */
  isSplit: boolean | undefined;
  count: number;
  compared: number;
  cameBefore: boolean;
  firstLine: number;
  firstMs: number | undefined;
  lastMs: number | undefined;
  readonly units: Set<string>;
  readonly exemplars: LogRecord[];
}

/** Folds records into clusters, in memory that does not grow with their number. */
export class Folder {
  readonly #digest: (text: string) => string;
  readonly #regrouping: Regrouping;
  readonly #drain: Drain<Building>;
  readonly #parts = new Map<string, Building>();
  /** What the next new cluster is made from. */
  #making: Pick<Building, "level" | "fault" | "named"> | undefined;
  records = 0;
  /** Records of clusters that were forgotten because there were too many. */
  forgotten = { clusters: 0, records: 0 };

  constructor(
    digest: (text: string) => string,
    remembered: readonly RememberedCluster[] = [],
    regrouping: Regrouping = asFound,
  ) {
    this.#digest = digest;
    this.#regrouping = regrouping;
    this.#drain = new Drain(
      (kind, words) => ({ ...empty(), ...(this.#making ?? neverMade()), kind, words }),
      ({ count }) => {
        if (count === 0) return;
        this.forgotten.clusters += 1;
        this.forgotten.records += count;
      },
    );
    for (const each of remembered) {
      const cluster = restored(each);
      if (each.isPart) this.#parts.set(`${each.kind} ${each.template}`, cluster);
      else this.#drain.restore(cluster);
    }
  }

  add(record: LogRecord, place: Place = "window"): void {
    if (place === "window") this.records += 1;
    const { level, fingerprint: named } = record;
    const fault = faultOf(record.message, record.stack);
    const words = maskedWords(record.message);
    this.#making = { level, fault, named };
    const cluster = this.#drain.add(kindOf(record, fault), words);
    counted(this.#partOf(cluster, words) ?? cluster, record, place);
  }

  /** The clusters of this window, in the order in which they first came. */
  finish(): FoldedCluster[] {
    const found = [...this.#drain.clusters, ...this.#parts.values()]
      .filter(({ count }) => count > 0)
      .toSorted((left, right) => left.firstLine - right.firstLine)
      .map((cluster) => ({ cluster, own: this.#fingerprint(cluster) }));
    const groups = Map.groupBy(found, ({ own }) => this.#regrouping.nameOf(own));
    return [...groups].map(([name, members]) => folded(name, members));
  }

  /** The text of a split cluster that this line has; `undefined` where the cluster is whole. */
  #partOf(cluster: Building, words: readonly string[]): Building | undefined {
    const { remembered, fault, kind } = cluster;
    // The name of any other cluster still changes with its text.
    const isNamed = remembered !== undefined || fault.isOwn;
    if (!this.#regrouping.hasSplits || !isNamed) return undefined;
    cluster.isSplit ??= this.#regrouping.isSplit(this.#fingerprint(cluster));
    if (!cluster.isSplit) return undefined;
    const key = `${kind} ${words.join(" ")}`;
    let part = this.#parts.get(key);
    if (part === undefined && this.#parts.size < partsMax) {
      const { level, named } = cluster;
      part = { ...empty(), level, fault, named, kind, words: [...words], isPart: true };
      this.#parts.set(key, part);
    }
    return part;
  }

  /**
   * The name of a cluster, by the first that there is, as Sentry groups: what its writer calls it, where in the program's
   * own code it arose, its exception and text, its text. The version before the digest stays with a cluster: a later
   * version names new clusters alone.
   */
  #fingerprint({ remembered, level, fault, named, words, isPart }: Building): string {
    // A remembered cluster keeps its name when its text becomes more general.
    if (remembered !== undefined) return remembered.fingerprint;
    const { exception, frames, isOwn } = fault;
    const template = words.join(" ");
    const parts = isPart
      ? ["part", level, exception, frames, template]
      : named === undefined
        ? [level, exception, frames, isOwn ? "" : template]
        : ["named", named];
    return `fold1:${this.#digest(JSON.stringify(parts))}`;
  }
}

function kindOf({ level, fingerprint }: LogRecord, { exception, frames }: Fault): string {
  if (fingerprint !== undefined) return `= ${fingerprint}`;
  return exception === "" && frames.length === 0
    ? level
    : `${level} ${exception} ${frames.join(",")}`;
}

function empty(): Omit<Building, "kind" | "words" | "level" | "fault" | "named"> {
  return {
    isPart: false,
    remembered: undefined,
    isSplit: undefined,
    count: 0,
    compared: 0,
    cameBefore: false,
    firstLine: 0,
    firstMs: undefined,
    lastMs: undefined,
    units: new Set<string>(),
    exemplars: [],
  };
}

function restored(remembered: RememberedCluster): Building {
  const { kind, level, exception, frames, template, isPart } = remembered;
  const fault = { exception, frames, isOwn: false };
  const words = template.split(" ");
  return { ...empty(), kind, level, fault, named: undefined, words, isPart, remembered };
}

function counted(cluster: Building, record: LogRecord, place: Place): void {
  if (place !== "window") {
    cluster.cameBefore = true;
    if (place === "compared") cluster.compared += 1;
    return;
  }
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

type Named = readonly { readonly cluster: Building; readonly own: string }[];

/** The clusters that count under one name, as one. Its text is that of the member under this name, or of the largest. */
function folded(name: string, members: Named): FoldedCluster {
  const clusters = members.map(({ cluster }) => cluster);
  const largest = clusters.reduce((most, each) => (each.count > most.count ? each : most));
  const head = members.find(({ own }) => own === name)?.cluster ?? largest;
  const { kind, level, fault, isPart, remembered } = head;
  const template = head.words.join(" ");
  const sum = (of: (cluster: Building) => number): number =>
    clusters.reduce((total, each) => total + of(each), 0);
  const times = clusters.flatMap(({ firstMs, lastMs }) => [firstMs, lastMs]).filter(isTime);
  return {
    fingerprint: name,
    kind,
    level,
    template,
    isPart,
    exception: fault.exception,
    frames: fault.frames,
    count: sum(({ count }) => count),
    compared: sum(({ compared }) => compared),
    cameBefore: clusters.some(({ cameBefore }) => cameBefore),
    firstLine: Math.min(...clusters.map(({ firstLine }) => firstLine)),
    firstMs: times.length === 0 ? undefined : Math.min(...times),
    lastMs: times.length === 0 ? undefined : Math.max(...times),
    units: new Set(clusters.flatMap(({ units }) => [...units])).size,
    exemplars: exemplarsOf(clusters),
    isRemembered: remembered !== undefined,
    isChanged: remembered?.template !== template,
  };
}

const isTime = (timeMs: number | undefined): timeMs is number => timeMs !== undefined;

function exemplarsOf(clusters: readonly Building[]): Exemplar[] {
  const all = clusters
    .flatMap(({ exemplars }) => exemplars)
    .toSorted((left, right) => left.line - right.line);
  const shown =
    all.length <= exemplarsMax ? all : [...all.slice(0, exemplarsMax - 1), ...all.slice(-1)];
  return shown.map(exemplar);
}

function exemplar({ line, timeMs, message, stack }: LogRecord): Exemplar {
  const [head] = stack;
  const said = head === undefined ? message : `${message} | ${head.trim()}`;
  return { lineId: `L${line}`, timeMs, text: shownText(said, exemplarCharsMax) };
}

function neverMade(): never {
  throw new TypeError("a cluster is made while a record is added");
}
