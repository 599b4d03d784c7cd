import type { Span } from "./sentences.ts";

export type BlockKind = "heading" | "paragraph" | "list" | "code" | "lines";

/** A structural part of a text: never empty, with the line break after it left out. */
export interface Block extends Span {
  readonly kind: BlockKind;
  /** 1 to 6 for a heading, else 0. */
  readonly level: number;
}

interface Line extends Span {
  readonly text: string;
}

/** Lines with their offsets; the end leaves the line break out. */
export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const next = newline < 0 ? text.length : newline + 1;
    const end =
      newline < 0
        ? text.length
        : text[newline - 1] === "\r" && newline > start
          ? newline - 1
          : newline;
    lines.push({ start, end, text: text.slice(start, end) });
    start = next;
  }
  return lines;
}

const fence = /^ {0,3}(`{3,}|~{3,})/u;
const heading = /^ {0,3}(#{1,6})(?:\s|$)/u;
const listItem = /^\s*(?:[-*+]|\d{1,9}[.)])\s/u;

/** Markdown as blocks. An unclosed code fence runs to the end; indentation and tables read as paragraphs. */
export function markdownBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let open: { kind: BlockKind; start: number; end: number; fence: string } | undefined;
  const close = () => {
    if (open) blocks.push({ kind: open.kind, level: 0, start: open.start, end: open.end });
    open = undefined;
  };
  for (const line of linesOf(text)) {
    if (open?.kind === "code") {
      open.end = line.end;
      const marks = line.text.trim();
      if (marks.startsWith(open.fence) && /^(?:`+|~+)$/u.test(marks)) close();
      continue;
    }
    const fenceMarks = fence.exec(line.text)?.[1];
    const headingMarks = heading.exec(line.text)?.[1];
    if (fenceMarks !== undefined) {
      close();
      open = { kind: "code", start: line.start, end: line.end, fence: fenceMarks };
    } else if (headingMarks !== undefined) {
      close();
      blocks.push({
        kind: "heading",
        level: headingMarks.length,
        start: line.start,
        end: line.end,
      });
    } else if (line.text.trim() === "") {
      close();
    } else if (open === undefined || (open.kind === "paragraph" && listItem.test(line.text))) {
      close();
      const kind = listItem.test(line.text) ? "list" : "paragraph";
      open = { kind, start: line.start, end: line.end, fence: "" };
    } else {
      open.end = line.end;
    }
  }
  close();
  return blocks;
}

/** Plain text as paragraphs: runs of lines between blank ones. */
export function plainBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let start = -1;
  let end = 0;
  const close = () => {
    if (start >= 0) blocks.push({ kind: "lines", level: 0, start, end });
    start = -1;
  };
  for (const line of linesOf(text)) {
    if (line.text.trim() === "") close();
    else {
      if (start < 0) start = line.start;
      end = line.end;
    }
  }
  close();
  return blocks;
}

/** The items of a list block, nested lines included with their item. */
export function listItems(text: string, list: Span): Span[] {
  const items: Array<{ start: number; end: number }> = [];
  for (const line of linesOf(text.slice(list.start, list.end))) {
    const last = items.at(-1);
    const isTopLevel = /^(?:[-*+]|\d{1,9}[.)])\s/u.test(line.text);
    if (last === undefined || isTopLevel)
      items.push({ start: list.start + line.start, end: list.start + line.end });
    else last.end = list.start + line.end;
  }
  return items;
}
