import { withoutSecrets } from "./secrets.ts";

/**
 * What varies from one happening to the next gives way to a name in angle brackets, so that equal lines become equal and
 * nothing of a person, a machine or a secret is kept. A line is looked at word by word: most words have neither a digit
 * nor a mark and cost one scan.
 */

/** Words of a message that are looked at. */
const wordsMax = 128;

// Invisible and control characters, and the colours of terminals, which would split equal lines or hide words.
const unseen =
  // oxlint-disable-next-line no-control-regex
  /\u001b\[[0-9;]*[A-Za-z]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu;
// oxlint-disable-next-line no-control-regex
const mayBeUnseen = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u206f\ufeff\udb40]/;

/** The text without characters nobody sees; white space is one blank. */
export function visibleText(text: string): string {
  return mayBeUnseen.test(text) ? text.replace(unseen, "").replace(/\s/g, " ") : text;
}

const quoted =
  /"(?:[^"\\]|\\.)*"|“[^”]*”|«[^»]*»|`[^`]*`|(?<![\p{L}\p{N}])'(?:[^'\\]|\\.)*'(?![\p{L}\p{N}])/gu;
const mayBeQuoted = /["'“«`]/;

/** The words of a message as a cluster's text has them: every value masked. */
export function maskedWords(message: string): string[] {
  let text = withoutSecrets(visibleText(message));
  if (mayBeQuoted.test(text)) text = text.replace(quoted, "<str>");
  const words: string[] = [];
  let from = 0;
  while (from < text.length && words.length < wordsMax) {
    const to = text.indexOf(" ", from);
    const end = to === -1 ? text.length : to;
    if (end > from) words.push(maskedWord(text.slice(from, end)));
    from = end + 1;
  }
  return joinTimes(words);
}

/**
 * A line as a person and the model may see it. Secrets, addresses, names of files and identifiers are masked as in a
 * cluster's text; quoted words and numbers of up to four digits stay, because a status or an exit code tells the cause.
 */
export function shownText(message: string, charsMax: number): string {
  const text = withoutSecrets(visibleText(message)).slice(0, charsMax * 2);
  return text
    .split(" ")
    .map((word) => shownWord(word))
    .join(" ")
    .slice(0, charsMax)
    .toWellFormed();
}

const shortNumber = /^[-+]?\d{1,4}(?:\.\d{1,3})?(?:ms|s|m|h|d|%|[KMGT]i?B?|B)?$/;
const wordWithNumber = /^[A-Za-z][A-Za-z_-]{0,15}[-_/:]?\d{1,5}$/;

function shownWord(word: string): string {
  const { opening, core, closing } = partsOf(word);
  const [key, value] = splitPair(core);
  if (shortNumber.test(value) || wordWithNumber.test(value)) return word;
  const masked = maskedCore(value);
  return masked === value ? word : `${opening}${key}${masked}${closing}`;
}

/** A word of letters alone, with nothing around it, is never a value by itself. */
function maskedWord(word: string): string {
  let isPlain = word.length <= opaqueCharsMin;
  for (let at = 0; isPlain && at < word.length; at += 1) {
    const code = word.charCodeAt(at);
    // ASCII letters, and everything beyond ASCII: no address and no number is written in it.
    isPlain = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code > 127;
  }
  if (isPlain) return word;
  const { opening, core, closing } = partsOf(word);
  const [key, value] = splitPair(core);
  const masked = maskedCore(value);
  return masked === value && key === "" ? word : `${opening}${key}${masked}${closing}`;
}

const openingMarks = "([{<\"'«";
const closingMarks = ")]}>.,;:!?\"'»";

/** Punctuation around a word. What is masked already keeps its brackets. */
function partsOf(word: string): { opening: string; core: string; closing: string } {
  if (word.startsWith("<") && word.endsWith(">")) return { opening: "", core: word, closing: "" };
  let from = 0;
  let to = word.length;
  // The bracket of an address with a port is its own.
  const opening = word.startsWith("[") && word.includes("]:") ? "" : openingMarks;
  while (from < to && opening.includes(word.charAt(from))) from += 1;
  while (to > from && closingMarks.includes(word.charAt(to - 1))) {
    if (word.charAt(to - 1) === ">" && word.lastIndexOf("<", to) > 0) break;
    to -= 1;
  }
  return { opening: word.slice(0, from), core: word.slice(from, to), closing: word.slice(to) };
}

/** `key=` or `key:` before a value, as logs write pairs. */
function splitPair(core: string): readonly [key: string, value: string] {
  const at = core.indexOf("=");
  if (at > 0 && /^[\p{L}_][\p{L}\p{N}_.-]*$/u.test(core.slice(0, at)))
    return [core.slice(0, at + 1), core.slice(at + 1)];
  const pair = /^([\p{L}_][\p{L}_-]*:)(\d.*|<.*)$/u.exec(core);
  return pair === null ? ["", core] : [pair[1] ?? "", pair[2] ?? ""];
}

/** From so many characters on a word without a blank is no word of a language. */
const opaqueCharsMin = 32;
const hexadecimal = /^(?:0x[0-9a-f]+|(?=[0-9a-f]*\d)[0-9a-f]{6,})$/i;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ipv4 = /^(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5}|\/\d{1,2})?$/;
const mac = /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/i;
const ipv6 =
  /^\[?(?=[0-9a-f:.]*:[0-9a-f:.]*:)[0-9a-f:]{2,}(?:\.[0-9.]+)?(?:%\w+)?\]?(?::\d{1,5}|\/\d{1,3})?$/i;
const time =
  /^\[?(?:\d{4}[-/.]\d{2}[-/.]\d{2}|\d{1,2}[/.][A-Za-z\d]{2,3}[/.]\d{4})(?:[T:]?[\d:.,]*(?:Z|[+-]\d{2}:?\d{2})?)?$|^\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$/;
const mail = /^[\p{L}\p{N}.!#$%&'*+/=?^_{|}~-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*$/u;
const quantity = /^[-+]?\d[\d.,_]*(?:e[-+]?\d+)?(?:%|[\p{L}µ]{1,4}(?:\/s)?)?$/iu;
const host =
  /^(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?\.)+(?:com|org|net|ru|su|рф|io|dev|app|cloud|local|internal|lan|home|corp|intranet|localdomain|de|eu|uk|us|fr|cn|ua|by|kz|info|biz|online|site|ai|me|onion)(?::\d{1,5})?$/iu;
const filePath = /^(?:~|\.{1,2})?\/[^\s/]|^[A-Za-z]:[\\/]|^\\\\[^\\]/;

/** What a value is, by the first form that fits; the word itself where none does. */
function maskedCore(core: string): string {
  if (core === "" || core.startsWith("<")) return core;
  if (core.includes("://")) return "<url>";
  if (core.includes("@") && mail.test(core)) return "<email>";
  if (core.includes(":") && (mac.test(core) || (ipv6.test(core) && !time.test(core))))
    return mac.test(core) ? "<mac>" : "<ip>";
  if (
    filePath.test(core) ||
    (core.includes("/") && core.indexOf("/") !== core.lastIndexOf("/") && !/^\d/.test(core))
  )
    return "<path>";
  if (core.includes(".") && !/^\d/.test(core) && host.test(core)) return "<host>";
  if (/\d/.test(core)) return maskedNumber(core);
  const isDotted = core.includes(".") || core.includes("::") || core.includes("_");
  return core.length > opaqueCharsMin && !isDotted && !/[^!-~]/.test(core) ? "<*>" : core;
}

function maskedNumber(core: string): string {
  if (ipv4.test(core)) return "<ip>";
  if (uuid.test(core)) return "<uuid>";
  if (time.test(core)) return "<time>";
  if (mac.test(core)) return "<mac>";
  if (quantity.test(core)) return "<num>";
  if (hexadecimal.test(core)) return "<hex>";
  return host.test(core) ? "<host>" : "<*>";
}

/** A date and the time behind it are one value, whether a blank or a letter stands between them. */
function joinTimes(words: string[]): string[] {
  for (let at = words.length - 1; at > 0; at -= 1)
    if (words[at] === "<time>" && words[at - 1] === "<time>") words.splice(at, 1);
  return words;
}
