/**
 * Drain with a tree of constant depth (He et al., "Drain: an online log parsing approach with fixed depth tree",
 * ICWS 2017), with two changes that made one configuration fit all of sixteen public log sets: only positions that are
 * constant on both sides count for the similarity, and a word with a digit is always a variable.
 *
 * The tree has four levels: root, kind and number of words, first word, clusters. All of it is bounded: clusters are
 * forgotten by least recent use, over the tree and within a leaf, so neither memory nor the time for a line grows.
 */
export interface DrainCluster {
  /** What besides the words tells clusters apart, such as the level. */
  readonly kind: string;
  /** The words; a variable begins with `<`. */
  words: string[];
}

/** Clusters of a tree; the one not seen for longest is forgotten for one more. */
export const clustersMax = 5_000;
/** First words told apart under one number of words; further ones share a leaf. */
const childrenMax = 100;
/** Clusters of one leaf; the one not seen for longest is forgotten for one more. */
const leafClustersMax = 128;
/** Constants that must agree, of those that are constant on both sides. */
const similarityMin = 0.7;
/** Lines whose cluster is known without a search, and characters of one; both keep its memory small. */
const exactMax = 10_000;
const exactCharsMax = 512;

const wildcard = "<*>";

interface Leaf<T extends DrainCluster> {
  clusters: T[];
}

export class Drain<T extends DrainCluster> {
  readonly #make: (kind: string, words: string[]) => T;
  readonly #onForgotten: (cluster: T) => void;
  readonly #leaves = new Map<string, Map<string, Leaf<T>>>();
  /** Least recently used first. */
  readonly #alive = new Map<T, Leaf<T>>();
  #exact = new Map<string, T>();

  constructor(make: (kind: string, words: string[]) => T, onForgotten: (cluster: T) => void) {
    this.#make = make;
    this.#onForgotten = onForgotten;
  }

  get clusters(): Iterable<T> {
    return this.#alive.keys();
  }

  /** Takes in a cluster of an earlier tree. Its words are its own. */
  restore(cluster: T): void {
    this.#insert(cluster, this.#leaf(cluster.kind, cluster.words));
  }

  /** The cluster of a line, which becomes as general as both. */
  add(kind: string, words: string[]): T {
    const text = `${kind} ${words.join(" ")}`;
    const exact = this.#exact.get(text);
    const leaf = exact === undefined ? undefined : this.#alive.get(exact);
    if (exact !== undefined && leaf !== undefined) {
      this.#touch(exact, leaf);
      return exact;
    }
    const found = this.#search(kind, words);
    if (text.length > exactCharsMax) return found;
    if (this.#exact.size >= exactMax) this.#exact = new Map();
    this.#exact.set(text, found);
    return found;
  }

  #search(kind: string, words: string[]): T {
    const leaf = this.#leaf(kind, words);
    let best: T | undefined;
    let bestScore = 0;
    for (const cluster of leaf.clusters) {
      const score = similarity(cluster.words, words);
      if (score < similarityMin || score <= bestScore) continue;
      best = cluster;
      bestScore = score;
    }
    if (best === undefined) {
      const made = this.#make(kind, words);
      this.#insert(made, leaf);
      return made;
    }
    generalise(best, words);
    this.#touch(best, leaf);
    return best;
  }

  #leaf(kind: string, words: readonly string[]): Leaf<T> {
    const branch = `${kind} ${words.length}`;
    let children = this.#leaves.get(branch);
    if (children === undefined) {
      children = new Map();
      this.#leaves.set(branch, children);
    }
    const [first = wildcard] = words;
    let name = isVariable(first) ? wildcard : first;
    if (!children.has(name) && children.size >= childrenMax) name = wildcard;
    let leaf = children.get(name);
    if (leaf === undefined) {
      leaf = { clusters: [] };
      children.set(name, leaf);
    }
    return leaf;
  }

  #insert(cluster: T, leaf: Leaf<T>): void {
    const [oldest] = leaf.clusters.length >= leafClustersMax ? leaf.clusters : this.#oldest();
    if (oldest !== undefined) this.#forget(oldest);
    leaf.clusters.push(cluster);
    this.#alive.set(cluster, leaf);
  }

  #oldest(): T[] {
    if (this.#alive.size < clustersMax) return [];
    const [oldest] = this.#alive.keys();
    return oldest === undefined ? [] : [oldest];
  }

  #forget(cluster: T): void {
    const leaf = this.#alive.get(cluster);
    if (leaf !== undefined) leaf.clusters = leaf.clusters.filter((each) => each !== cluster);
    this.#alive.delete(cluster);
    this.#prune(cluster);
    this.#onForgotten(cluster);
  }

  /** An empty leaf goes with its branch, so that words which never come again leave nothing behind. */
  #prune({ kind, words }: T): void {
    const branch = `${kind} ${words.length}`;
    const children = this.#leaves.get(branch);
    if (children === undefined) return;
    for (const [name, leaf] of children) if (leaf.clusters.length === 0) children.delete(name);
    if (children.size === 0) this.#leaves.delete(branch);
  }

  #touch(cluster: T, leaf: Leaf<T>): void {
    this.#alive.delete(cluster);
    this.#alive.set(cluster, leaf);
    if (leaf.clusters.length < 2 || leaf.clusters.at(-1) === cluster) return;
    // The order within a leaf decides only who is forgotten first.
    if (leaf.clusters.length < leafClustersMax / 2) return;
    leaf.clusters = [...leaf.clusters.filter((each) => each !== cluster), cluster];
  }
}

function isVariable(word: string): boolean {
  return word.includes("<");
}

/**
 * Constants that agree, of those that are constant on both sides. Where nothing is, a cluster without any constant takes
 * every line of its length.
 */
function similarity(template: readonly string[], words: readonly string[]): number {
  let constant = 0;
  let equal = 0;
  let isOpen = true;
  for (const [at, word] of template.entries()) {
    if (isVariable(word)) continue;
    isOpen = false;
    const other = words[at] ?? "";
    if (isVariable(other)) continue;
    constant += 1;
    if (word === other) equal += 1;
  }
  if (constant === 0) return isOpen ? 1 : 0;
  return equal / constant;
}

function generalise(cluster: DrainCluster, words: readonly string[]): void {
  for (const [at, word] of cluster.words.entries()) {
    const other = words[at];
    if (other !== undefined && other !== word) cluster.words[at] = wildcard;
  }
}
