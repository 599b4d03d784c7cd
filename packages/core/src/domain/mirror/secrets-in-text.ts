import { issuedToken, webToken } from "../exit-filter/token-formats.ts";

/** What a text holds that looks like a secret, by its form. */
export type SecretForm = "own" | "private_key" | "issued" | "jwt" | "url_password" | "named";

const privateKey = /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/gu;
const urlPassword = /\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]{1,100}:[^\s/:@]{4,100}@/giu;
/** A value behind a name that says what it is. */
const named =
  /(?<![\p{L}\p{N}])(?:password|passwd|secret|api[_ -]?key|access[_ -]?key|token|пароль|секрет|ключ|токен)["']?\s*(?:=|:|—|is\s|это\s)\s*["'«]?([^\s"'»,;]{12,200})/giu;

/** Bits a character from which a value is not a word: ordinary words have less, random ones more. */
const bitsMin = 3.2;

/**
 * The secrets in a text by their forms: those that are issued in a fixed form, values of high entropy behind a name
 * such as "password" or «пароль», and those that this node itself was given or has issued.
 */
export function secretsIn(text: string, isOwn: (word: string) => boolean): readonly SecretForm[] {
  const words = text.match(/[^\s"'«»,;()<>{}[\]]{16,200}/gu) ?? [];
  const own = new Set(words.map((word) => word.replace(/[.!?:]+$/u, "")).filter(isOwn));
  const isNew = (found: string): boolean => ![...own].some((word) => word.includes(found));
  const count = (pattern: RegExp): number =>
    [...text.matchAll(pattern)].filter(([found]) => isNew(found)).length;
  const values = [...text.matchAll(named)].filter(
    ([, value = ""]) => isNew(value) && isRandom(value) && value.search(issuedToken) === -1,
  );
  return [
    ...Array<SecretForm>(own.size).fill("own"),
    ...Array<SecretForm>(count(privateKey)).fill("private_key"),
    ...Array<SecretForm>(count(issuedToken)).fill("issued"),
    ...Array<SecretForm>(count(webToken)).fill("jwt"),
    ...Array<SecretForm>(count(urlPassword)).fill("url_password"),
    ...Array<SecretForm>(values.length).fill("named"),
  ];
}

/** Letters and digits mixed, and no pattern among them. */
function isRandom(value: string): boolean {
  if (!/\p{L}/u.test(value) || !/\d/u.test(value)) return false;
  const counts = Map.groupBy(value, (char) => char);
  let bits = 0;
  for (const each of counts.values()) {
    const share = each.length / value.length;
    bits -= share * Math.log2(share);
  }
  return bits >= bitsMin;
}
