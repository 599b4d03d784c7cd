import { leakKinds, type LeakKind } from "./own-identity.ts";
import { issuedToken, privateKey, webToken } from "./token-formats.ts";

/** A place in a text that may not leave. */
export interface Leak {
  readonly kind: LeakKind;
  readonly start: number;
  readonly end: number;
}

/** Amazon's example, in every manual of its. */
const documentationKey = /^A[KS]IA.{9}EXAMPLE$/u;

/** Tokens and keys by their form, whoever's they are. */
export function* tokenLeaks(text: string): Generator<Leak> {
  for (const format of [issuedToken, webToken, privateKey])
    for (const found of text.matchAll(format))
      if (!documentationKey.test(found[0])) yield leak("secret", found);
}

const leak = (kind: LeakKind, { 0: found, index }: RegExpExecArray): Leak => ({
  kind,
  start: index,
  end: index + found.length,
});

/** Leaks that overlap are one, of the kind that begins first or, of those, weighs more. */
export function joined(leaks: readonly Leak[]): readonly Leak[] {
  const sorted = leaks.toSorted(
    (left, right) =>
      left.start - right.start || right.end - left.end || weight(right) - weight(left),
  );
  const out: Leak[] = [];
  for (const each of sorted) {
    const last = out.at(-1);
    if (last === undefined || each.start >= last.end) out.push(each);
    else if (each.end > last.end) out[out.length - 1] = { ...last, end: each.end };
  }
  return out;
}

const weight = ({ kind }: Leak): number =>
  kind === "secret" ? leakKinds.length : leakKinds.indexOf(kind);
