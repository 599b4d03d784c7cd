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

const webAddress = /https?:\/\/[^\s<>"'»”`)\]]{1,2000}/giu;
/** The messenger itself makes these links. */
const messengerLink = /(?<![\p{L}\p{N}])tg:\/\/[^\s<>"'»”`)\]]{1,2000}/giu;
/** So much that reads like nothing in a link's query carries something out. */
const opaque = /[=?&#/](?=[\w+/%-]{0,60}\d)(?=[\w+/%-]{0,60}[A-Za-z])[\w+/%-]{48}/u;

/** Tokens and keys by their form, whoever's they are. */
export function* tokenLeaks(text: string): Generator<Leak> {
  for (const format of [issuedToken, webToken, privateKey])
    for (const found of text.matchAll(format))
      if (!documentationKey.test(found[0])) yield leak("secret", found);
}

/** Tokens, and links that carry something out or act on the messenger. */
export function* patternLeaks(text: string, hosts: readonly string[]): Generator<Leak> {
  yield* tokenLeaks(text);
  for (const found of text.matchAll(messengerLink)) yield leak("link", found);
  for (const found of text.matchAll(webAddress)) {
    const [address] = found;
    const query = address.slice(address.search(/[?#]|$/u));
    if (!opaque.test(query) && !/^https?:\/\/[^/?#]*@/iu.test(address)) continue;
    const { hostname } = URL.canParse(address) ? new URL(address) : { hostname: "" };
    if (hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`))) continue;
    yield leak("link", found);
  }
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
