/** A range of a text that is shown in another way, in UTF-16 units. */
export interface Styled {
  readonly type: "bold" | "italic" | "strikethrough" | "code" | "pre";
  readonly offset: number;
  readonly length: number;
  /** Of a block of code. */
  readonly language?: string;
}

export interface FormattedText {
  readonly text: string;
  readonly styles: readonly Styled[];
}

const fence = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]{0,32})$/u;
const heading = /^ {0,3}#{1,6}\s+(\S.*)$/u;
const bullet = /^(\s*)[*+-]\s+/u;

/** UTF-16 units within which a mark is closed: what is longer is no emphasis, and looking further takes time. */
const markedUnitsMax = 1_000;
/** What stands around a word, longest first; each opens before a visible character and closes after one. */
const marks = [
  { mark: "**", type: "bold" },
  { mark: "__", type: "bold" },
  { mark: "~~", type: "strikethrough" },
  { mark: "*", type: "italic" },
  { mark: "_", type: "italic" },
] as const;

/**
 * Turns the Markdown a model writes into plain text with ranges of style. A messenger's own parser would refuse half of
 * it, and would follow links: here an address stays in sight behind its words, and an unfinished mark stays as written.
 */
export function formatMarkdown(markdown: string): FormattedText {
  const out = new Writer();
  const lines = markdown.split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    if (at > 0) out.write("\n");
    const line = lines[at] ?? "";
    // Each expression below takes a time that grows with the line alone, whatever a model that repeats itself writes.
    const open = fence.exec(line.trimEnd());
    if (open !== null) {
      const end = closingLine(lines, at, open[1] ?? "```");
      const code = lines.slice(at + 1, end).join("\n");
      // A block without anything in it stays as written: there would be nothing to show of it.
      if (code.trim() === "") out.write(lines.slice(at, end + 1).join("\n"));
      else out.styled("pre", () => out.write(code), open[2] ?? "");
      at = end;
      continue;
    }
    const title = heading.exec(line.trimEnd())?.[1];
    if (title !== undefined) out.styled("bold", () => inline(out, withoutHashes(title)));
    else inline(out, line.replace(bullet, "$1• "));
  }
  return { text: out.text, styles: out.styles.toSorted(outerFirst) };
}

/** A heading may be closed by signs like those that open it. */
function withoutHashes(title: string): string {
  let end = title.length;
  while (title.charAt(end - 1) === "#") end -= 1;
  return end === 0 ? "#" : title.slice(0, end).trimEnd();
}

/** The line that closes a block of code; the last one where none does. */
function closingLine(lines: readonly string[], opened: number, mark: string): number {
  for (let at = opened + 1; at < lines.length; at += 1) {
    const trimmed = (lines[at] ?? "").trim();
    if (trimmed.startsWith(mark) && trimmed.replaceAll(mark[0] ?? "`", "") === "") return at;
  }
  return lines.length;
}

const link = /^!?\[([^\]\n]{0,500})\]\(([^()\s]{1,2000})(?:\s+"[^"\n]*")?\)/u;
const inlineCode = /^(`{1,3})([^`](?:.{0,1000}?[^`])?)\1(?!`)/u;
const word = /[\p{L}\p{N}]/u;
/** What is looked at to read one mark or link. */
const lookUnitsMax = 4_096;

function inline(out: Writer, line: string): void {
  for (let at = 0; at < line.length;) {
    const rest = line.slice(at, at + lookUnitsMax);
    const code = inlineCode.exec(rest);
    if (code?.[2] !== undefined) {
      const said = code[2];
      out.styled("code", () => out.write(said));
      at += code[0].length;
      continue;
    }
    const linked = link.exec(rest);
    if (linked !== null) {
      const [whole, name = "", address = ""] = linked;
      if (name !== "" && name !== address) {
        inline(out, name);
        out.write(` (${address})`);
      } else out.write(address);
      at += whole.length;
      continue;
    }
    const marked = markedBeginning(rest, line.charAt(at - 1));
    if (marked !== undefined) {
      out.styled(marked.type, () => inline(out, marked.inner));
      at += marked.length;
      continue;
    }
    const [character = ""] = rest;
    out.write(character);
    at += character.length;
  }
}

function markedBeginning(rest: string, before: string) {
  for (const { mark, type } of marks) {
    if (!rest.startsWith(mark)) continue;
    // snake_case and 2*3*4 are no emphasis.
    if (word.test(before)) return undefined;
    const end = closingMark(rest, mark);
    if (end === -1) continue;
    return { type, inner: rest.slice(mark.length, end), length: end + mark.length };
  }
  return undefined;
}

function closingMark(rest: string, mark: string): number {
  if (/^\s/u.test(rest.slice(mark.length))) return -1;
  for (let end = rest.indexOf(mark, mark.length + 1); end !== -1 && end <= markedUnitsMax;) {
    const isLonger = rest.charAt(end + mark.length) === mark[0] && mark.length === 1;
    const after = rest.charAt(end + mark.length);
    if (!/\s/u.test(rest.charAt(end - 1)) && !isLonger && !word.test(after)) return end;
    end = rest.indexOf(mark, end + (isLonger ? 2 : 1));
  }
  return -1;
}

class Writer {
  text = "";
  readonly styles: Styled[] = [];

  write(text: string): void {
    this.text += text;
  }

  styled(type: Styled["type"], write: () => void, language = ""): void {
    const offset = this.text.length;
    write();
    const length = this.text.length - offset;
    if (length > 0)
      this.styles.push({ type, offset, length, ...(language === "" ? {} : { language }) });
  }
}

const outerFirst = (left: Styled, right: Styled): number =>
  left.offset - right.offset || right.length - left.length;

/** Cuts a formatted text where its plain text is cut; a style that reaches over a cut goes on behind it. */
export function splitFormatted(
  { text, styles }: FormattedText,
  split: (text: string) => readonly string[],
): readonly FormattedText[] {
  let at = 0;
  return split(text).map((piece) => {
    const start = text.indexOf(piece, at);
    at = start + piece.length;
    const within = styles.flatMap((style) => {
      const from = Math.max(style.offset, start);
      const to = Math.min(style.offset + style.length, at);
      return to > from ? [{ ...style, offset: from - start, length: to - from }] : [];
    });
    return { text: piece, styles: within };
  });
}
