/**
 * The export format of journald (systemd.io/JOURNAL_EXPORT_FORMATS): a field a line as NAME=VALUE, an empty line between
 * entries. A value with line ends is written as NAME, then its length in eight bytes, then the value. As text those bytes
 * may have been damaged, so where the length does not fit, the entry counts as broken and reading goes on at the next.
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

/** Whether a text, or the tail of one, is such an export. */
export function isExport(text: string): boolean {
  return /^__CURSOR=/m.test(text.slice(0, headChars)) && !text.startsWith("{");
}
const headChars = 65_536;

export function* exportEntries(text: string): Generator<ExportEntry> {
  // The tail of a file begins in the middle of an entry.
  let at = text.startsWith("__CURSOR=") ? 0 : text.indexOf("\n__CURSOR=") + 1;
  while (at < text.length) {
    const fields: Record<string, string> = {};
    let isWhole = true;
    for (;;) {
      const to = text.indexOf("\n", at);
      const line = text.slice(at, to === -1 ? text.length : to);
      at = to === -1 ? text.length : to + 1;
      if (line === "") break;
      const equals = line.indexOf("=");
      const name = equals === -1 ? line : line.slice(0, equals);
      if (equals !== -1) {
        if (wanted.has(name)) fields[name] = line.slice(equals + 1);
        continue;
      }
      const value = binaryValue(text, at);
      if (value === undefined) {
        isWhole = false;
        const next = text.indexOf("\n__CURSOR=", at);
        at = next === -1 ? text.length : next + 1;
        break;
      }
      if (wanted.has(name)) fields[name] = value.text;
      at = value.next;
    }
    if (Object.keys(fields).length > 0 || !isWhole) yield { fields, isWhole };
  }
}

/** A value of a stated length, which is counted in bytes of UTF-8. */
function binaryValue(text: string, at: number): { text: string; next: number } | undefined {
  let bytes = 0;
  for (let index = 7; index >= 0; index -= 1) {
    const code = text.charCodeAt(at + index);
    if (Number.isNaN(code) || code > 255) return undefined;
    bytes = bytes * 256 + code;
  }
  let end = at + 8;
  for (let left = bytes; left > 0; end += 1) {
    if (end >= text.length) return undefined;
    const code = text.codePointAt(end) ?? 0;
    left -= code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
    if (code > 0xffff) end += 1;
    if (left < 0) return undefined;
  }
  return text.charAt(end) === "\n" ? { text: text.slice(at + 8, end), next: end + 1 } : undefined;
}
