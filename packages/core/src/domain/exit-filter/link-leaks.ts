import type { Leak } from "./leak-patterns.ts";

// A link is followed by whoever taps it, and some are fetched before. What it carries then reaches its host: in the
// query, in the fragment, in the path, or in the host's own name.

/** The messenger itself makes these links, and acts on them. */
const messengerLink =
  /(?<![\p{L}\p{N}])tg:(?:\/\/(?=[a-z])|(?=[a-z_]{1,40}\?))[^\s<>"'»”`)\]]{1,2000}/giu;
/** What messengers make a link of: also a bare host with something behind it. */
const webAddress =
  /(?<![\p{L}\p{N}])(?:(?:https?|ftp|wss?):\/\/|mailto:|(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}[\p{L}\p{N}-]{1,62}(?::\d{1,5})?[/?#])[^\s<>"'»”`)\]]{1,2000}/giu;
const addressParts = /^(?:(\w+):(?:\/\/)?)?([^/?#]*)([^?#]*)(.*)$/su;

/** So much that reads like nothing carries something out; shorter are the ids of pages, videos and commits. */
const opaqueQuery = /[=?&#/:;,](?=[\w+/%-]{0,60}\d)(?=[\w+/%-]{0,60}[A-Za-z])[\w+/%-]{48}/u;
const opaqueSegment = /\/(?=[\w-]{0,60}\d)(?=[\w-]{0,60}[a-z])(?=[\w-]{0,60}[A-Z])[\w-]{48}/u;
const opaqueLabel = /(?:^|\.)(?=[\w-]{0,60}\d)[\w-]{40}/u;

/** Links that act on the messenger or carry something out, but to the hosts named. */
export function* linkLeaks(text: string, hosts: readonly string[]): Generator<Leak> {
  for (const { 0: found, index: start } of text.matchAll(messengerLink))
    yield { kind: "link", start, end: start + found.length };
  for (const { 0: found, index: start } of text.matchAll(webAddress))
    if (carriesOut(found, hosts)) yield { kind: "link", start, end: start + found.length };
}

function carriesOut(address: string, hosts: readonly string[]): boolean {
  const [, scheme = "", authority = "", path = "", query = ""] = addressParts.exec(address) ?? [];
  const isNamed = authority.includes("@") && scheme.toLowerCase() !== "mailto";
  const carries =
    isNamed ||
    opaqueQuery.test(decoded(query)) ||
    opaqueSegment.test(path) ||
    opaqueLabel.test(authority);
  if (!carries) return false;
  const whole = scheme === "" ? `https://${address}` : address;
  const { hostname } = URL.canParse(whole) ? new URL(whole) : { hostname: "" };
  return !hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`));
}

/** What is written in another alphabet is a word again. */
function decoded(query: string): string {
  try {
    return decodeURIComponent(query);
  } catch {
    return query;
  }
}
