import { createHash } from "node:crypto";

/** A JSON value as one text, whatever order its keys came in: sorted keys, no spaces (in the manner of RFC 8785). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

/** The hash of a line that follows one with the hash `previous` (empty before the first), in hexadecimal. */
export function chainedHash(previous: string, item: unknown): string {
  return createHash("sha256")
    .update(`${previous}\n${canonicalJson(item)}`)
    .digest("hex");
}
