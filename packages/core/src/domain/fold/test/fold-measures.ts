import { Drain } from "../drain.ts";
import { maskedWords } from "../mask.ts";
import { LogReader } from "../read-log.ts";
import { type KnownLine, seededDraw } from "./known-log.ts";

// How well lines are folded whose statements are known: for the tests, which hold it to a bar, and for the bench.

const clock = { nowMs: Date.UTC(2026, 10, 21), zoneMs: () => 0 };

/** Which cluster each line went to. */
export function groups(lines: readonly KnownLine[]): Map<KnownLine, string> {
  const seen = new Map<KnownLine, string>();
  let made = 0;
  const drain = new Drain(
    (kind, words) => ({ kind, words, id: String((made += 1)) }),
    () => undefined,
  );
  for (const line of lines) {
    const reader = new LogReader(clock, ({ level, message }) => {
      seen.set(line, drain.add(level, maskedWords(message)).id);
    });
    reader.line(line.text);
    reader.end();
  }
  return seen;
}

/** The share of lines whose cluster holds exactly the lines of their statement (grouping accuracy). */
export function groupingAccuracy(found: ReadonlyMap<KnownLine, string>): number {
  const byStatement = new Map<number, Map<string, number>>();
  const sizeOf = new Map<string, number>();
  const sizeOfStatement = new Map<number, number>();
  for (const [{ statement }, cluster] of found) {
    const inStatement = byStatement.get(statement) ?? new Map<string, number>();
    inStatement.set(cluster, (inStatement.get(cluster) ?? 0) + 1);
    byStatement.set(statement, inStatement);
    sizeOf.set(cluster, (sizeOf.get(cluster) ?? 0) + 1);
    sizeOfStatement.set(statement, (sizeOfStatement.get(statement) ?? 0) + 1);
  }
  let right = 0;
  for (const [statement, clusters] of byStatement) {
    const [[cluster, count] = ["", 0]] = clusters;
    if (
      clusters.size === 1 &&
      sizeOf.get(cluster) === count &&
      count === sizeOfStatement.get(statement)
    )
      right += count;
  }
  return right / found.size;
}

/** The share of pairs of lines on whose togetherness two foldings agree. */
export function pairAgreement(
  left: ReadonlyMap<KnownLine, string>,
  right: ReadonlyMap<KnownLine, string>,
): number {
  const lines = [...left.keys()];
  const draw = seededDraw(7);
  let agreed = 0;
  const pairs = 50_000;
  for (let pair = 0; pair < pairs; pair += 1) {
    const [one, other] = [lines[draw(lines.length)], lines[draw(lines.length)]];
    if (one === undefined || other === undefined) continue;
    const isTogether = left.get(one) === left.get(other);
    if (isTogether === (right.get(one) === right.get(other))) agreed += 1;
  }
  return agreed / pairs;
}

export function shuffled<T>(values: readonly T[], seed: number): T[] {
  const draw = seededDraw(seed);
  const mixed = [...values];
  for (let at = mixed.length - 1; at > 0; at -= 1) {
    const other = draw(at + 1);
    [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T];
  }
  return mixed;
}
