/**
 * The export format of journald (systemd.io/JOURNAL_EXPORT_FORMATS): a field a line as NAME=VALUE, an empty line between
 * entries. A value with line ends or strange bytes is written as NAME, then its length in eight bytes, then the value.
 * Where such an export went through text, those bytes are damaged: then the value reaches to the next field, and the
 * entry counts as broken.
 */
export interface ExportEntry {
  readonly fields: Readonly<Record<string, string>>;
  readonly isWhole: boolean;
}

/** Fields that say something to us; the others are passed over. */
const wanted: ReadonlySet<string> = new Set([
  "MESSAGE",
  "PRIORITY",
  "_HOSTNAME",
  "SYSLOG_IDENTIFIER",
  "_SYSTEMD_UNIT",
  "__REALTIME_TIMESTAMP",
]);

const newline = 10;
const equals = 61;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Whether bytes, or the tail of a file, are such an export. */
export function isExport(bytes: Uint8Array): boolean {
  return /(?:^|\n)__CURSOR=/.test(decoder.decode(bytes.subarray(0, headBytes)));
}
const headBytes = 65_536;

export function* exportEntries(bytes: Uint8Array): Generator<ExportEntry> {
  // The tail of a file begins in the middle of an entry.
  let at = startOfEntry(bytes, 0);
  while (at < bytes.length) {
    const fields: Record<string, string> = {};
    let isWhole = true;
    for (;;) {
      const end = endOfLine(bytes, at);
      const line = bytes.subarray(at, end);
      at = end + 1;
      if (line.length === 0) break;
      const mark = line.indexOf(equals);
      const name = decoder.decode(mark === -1 ? line : line.subarray(0, mark));
      if (mark !== -1) {
        if (wanted.has(name)) fields[name] = decoder.decode(line.subarray(mark + 1));
        continue;
      }
      const value = lengthValue(bytes, at) ?? damagedValue(bytes, at);
      isWhole &&= !value.isDamaged;
      if (wanted.has(name)) fields[name] = decoder.decode(bytes.subarray(value.from, value.to));
      at = value.to + 1;
    }
    if (Object.keys(fields).length > 0) yield { fields, isWhole };
  }
}

interface Value {
  readonly from: number;
  readonly to: number;
  readonly isDamaged: boolean;
}

/** A value of the length that is stated before it; `undefined` when no line ends there. */
function lengthValue(bytes: Uint8Array, at: number): Value | undefined {
  const from = at + 8;
  if (from > bytes.length) return undefined;
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigUint64(0, true));
  const to = from + length;
  return to < bytes.length && bytes[to] === newline ? { from, to, isDamaged: false } : undefined;
}

const fieldStart = /^[A-Z_][A-Z0-9_]{0,63}(?:=|$)/;
/** Bytes in which a damaged length may lie: eight characters of up to three bytes. */
const damagedLengthBytesMax = 24;
/** What stands for a byte that is no text. */
const replacement = "\ufffd";

/**
 * What follows a length that does not fit: from behind it to the line before the next field or entry. Where the length
 * was damaged on its way through text, nothing else is wrong with the value.
 */
function damagedValue(bytes: Uint8Array, at: number): Value {
  const head = bytes.subarray(at, at + damagedLengthBytesMax);
  const characters = Array.from(decoder.decode(head)).slice(0, 8);
  const last = characters.lastIndexOf(characters.includes("\0") ? "\0" : replacement);
  const length = characters.slice(0, last + 1).join("");
  const from = at + encoder.encode(length).length;
  let to = endOfLine(bytes, from);
  while (to < bytes.length) {
    const next = decoder.decode(bytes.subarray(to + 1, endOfLine(bytes, to + 1)));
    if (next === "" || fieldStart.test(next)) break;
    to = endOfLine(bytes, to + 1);
  }
  return { from, to, isDamaged: !length.includes(replacement) };
}

function endOfLine(bytes: Uint8Array, from: number): number {
  const end = bytes.indexOf(newline, from);
  return end === -1 ? bytes.length : end;
}

const cursor = encoder.encode("__CURSOR=");

function startOfEntry(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at = endOfLine(bytes, at) + 1)
    if (startsWith(bytes.subarray(at), cursor)) return at;
  return bytes.length;
}

function startsWith(bytes: Uint8Array, part: Uint8Array): boolean {
  return part.every((byte, index) => bytes[index] === byte);
}
