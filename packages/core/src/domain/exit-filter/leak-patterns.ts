import type { LeakKind } from "./own-identity.ts";
import { issuedToken, webToken } from "./token-formats.ts";

/** A place in a text that may not leave. */
export interface Leak {
  readonly kind: LeakKind;
  readonly start: number;
  readonly end: number;
}

const privateKey =
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\w+/=:,\s\\]{40,8192}(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?/gu;

/** Amazon's example, in every manual of its. */
const documentationKey = /^A[KS]IA.{9}EXAMPLE$/u;

const webAddress = /https?:\/\/[^\s<>"'»”`)\]]{1,2000}/giu;
/** The messenger itself makes these links. */
const messengerLink = /(?<![\p{L}\p{N}])tg:\/\/[^\s<>"'»”`)\]]{1,2000}/giu;
/** So much that reads like nothing in a link's query carries something out. */
const opaque = /[=?&#/](?=[\w+/%-]{0,60}\d)(?=[\w+/%-]{0,60}[A-Za-z])[\w+/%-]{48}/u;

/** Tokens by their form, and links that carry something out or act on the messenger. */
export function* patternLeaks(text: string, hosts: readonly string[]): Generator<Leak> {
  for (const format of [issuedToken, webToken, privateKey])
    for (const found of text.matchAll(format))
      if (!documentationKey.test(found[0])) yield leak("secret", found);
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
