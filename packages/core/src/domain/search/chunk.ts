import { linesOf, listItems, markdownBlocks, plainBlocks } from "./blocks.ts";
import type { Block } from "./blocks.ts";
import { csvParts, jsonParts, logParts, type Part } from "./data-parts.ts";
import { sentences } from "./sentences.ts";
import type { Span } from "./sentences.ts";

export const chunkTokensMax = 450;
const overlapTokensMax = 60;
/** A code block is kept whole up to this length; a longer one is split between lines. */
export const codeBlockCharsMax = 8_000;
export const lineCharsMax = 2_000;
export const headingCharsMax = 200;

export type MediaType =
  | "text/markdown"
  | "text/plain"
  | "text/csv"
  | "text/html"
  | "text/x-log"
  | "application/json"
  | "application/pdf";

/** What stands between two pages of a text that was taken from a file with pages. */
const pageBreak = "\f";

export interface Chunk {
  readonly ordinal: number;
  /** The headings above the chunk, outermost first; for CSV the header row, for JSON the path, for pages the number. */
  readonly heading: readonly string[];
  /** A literal slice of the document. */
  readonly text: string;
  /** Offsets into the document's UTF-8 bytes. */
  readonly startByte: number;
  readonly endByte: number;
  /** Title › headings above the own one: indexed with the chunk, so that it is found by the words above it. */
  readonly context: string;
  readonly documentHash: string;
}

/** About how many model tokens a text has: four ASCII characters each, two and a half of any other script. */
export function approximateTokens(text: string): number {
  let wide = 0;
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 127) wide += 1;
  return Math.ceil((text.length - wide) / 4 + wide / 2.5);
}

/** A part that is not divided further, under its headings. */
interface Piece extends Span {
  readonly heading: readonly string[];
  readonly section: number;
  readonly isProse: boolean;
}

function splitLong(text: string, span: Span): Span[] {
  const parts: Span[] = [];
  for (const line of linesOf(text.slice(span.start, span.end)))
    for (let from = line.start; from < line.end;) {
      let to = Math.min(from + lineCharsMax, line.end);
      // A surrogate pair is one character: it is not divided.
      if (to < line.end && /[\uD800-\uDBFF]/u.test(text.charAt(span.start + to - 1))) to -= 1;
      parts.push({ start: span.start + from, end: span.start + to });
      from = to;
    }
  return parts;
}

const fits = (text: string, span: Span) =>
  approximateTokens(text.slice(span.start, span.end)) <= chunkTokensMax;

function divide(text: string, block: Block): Span[] {
  if (fits(text, block)) return [block];
  if (block.kind === "code" && block.end - block.start <= codeBlockCharsMax) return [block];
  let parts: Span[] = [];
  if (block.kind === "list") parts = listItems(text, block);
  if (block.kind === "paragraph" || block.kind === "lines")
    parts = sentences(text.slice(block.start, block.end)).map((span) => ({
      start: block.start + span.start,
      end: block.start + span.end,
    }));
  if (parts.length === 0) return splitLong(text, block);
  return parts.flatMap((part) => (fits(text, part) ? [part] : splitLong(text, part)));
}

function headingText(text: string, block: Block): string {
  const line = text
    .slice(block.start, block.end)
    .replace(/^\s*#+\s*/u, "")
    .replace(/\s+#+\s*$/u, "");
  return line.trim().slice(0, headingCharsMax);
}

function markdownPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  let path: Array<{ level: number; title: string }> = [];
  let section = 0;
  for (const block of markdownBlocks(text)) {
    if (block.kind === "heading") {
      path = path.filter((above) => above.level < block.level);
      path.push({ level: block.level, title: headingText(text, block) });
      section += 1;
    }
    const heading = path.map((above) => above.title);
    for (const span of divide(text, block))
      pieces.push({
        ...span,
        start: span.start,
        end: span.end,
        heading,
        section,
        isProse: block.kind === "paragraph",
      });
  }
  return pieces;
}

function dataPieces(text: string, parts: readonly Part[]): Piece[] {
  return parts.flatMap((part) => {
    const spans = fits(text, part) ? [part] : splitLong(text, part);
    return spans.map(({ start, end }) => ({ ...part, start, end, isProse: false }));
  });
}

function plainPieces(text: string, heading: readonly string[] = [], section = 0): Piece[] {
  return plainBlocks(text).flatMap((block) =>
    divide(text, block).map(({ start, end }) => ({ start, end, heading, section, isProse: true })),
  );
}

/** Each page is a section under its number, as it is cited. */
function pagePieces(text: string): Piece[] {
  let start = 0;
  return text.split(pageBreak).flatMap((page, index) => {
    const from = start;
    start += page.length + pageBreak.length;
    return plainPieces(page, [`p. ${index + 1}`], index).map((piece) => ({
      ...piece,
      start: from + piece.start,
      end: from + piece.end,
    }));
  });
}

function piecesOf(text: string, mediaType: MediaType): Piece[] {
  // The text of an HTML page was taken from it as Markdown.
  if (mediaType === "text/markdown" || mediaType === "text/html") return markdownPieces(text);
  if (mediaType === "text/csv") return dataPieces(text, csvParts(text));
  if (mediaType === "text/x-log") return dataPieces(text, logParts(text));
  if (mediaType === "application/pdf") return pagePieces(text);
  if (mediaType === "application/json") {
    const whole = { start: 0, end: text.length, heading: [], section: 0 };
    return dataPieces(text, jsonParts(text, (span) => fits(text, span)) ?? [whole]);
  }
  return plainPieces(text);
}

/** Where the chunk that follows `previous` starts: one sentence earlier, when that sentence is prose and short. */
function overlapStart(text: string, previous: Piece, next: Piece): number {
  if (!previous.isProse || previous.section !== next.section) return next.start;
  const last = sentences(text.slice(previous.start, previous.end)).at(-1);
  if (last === undefined) return next.start;
  const start = previous.start + last.start;
  const isShort = approximateTokens(text.slice(start, previous.end)) <= overlapTokensMax;
  return isShort ? start : next.start;
}

interface Group {
  start: number;
  end: number;
  readonly first: Piece;
  last: Piece;
}

function groupPieces(text: string, pieces: readonly Piece[]): Group[] {
  const groups: Group[] = [];
  for (const piece of pieces) {
    const group = groups.at(-1);
    const isSameSection = group?.first.section === piece.section;
    if (group && isSameSection && fits(text, { start: group.start, end: piece.end })) {
      group.end = piece.end;
      group.last = piece;
      continue;
    }
    const start = group && isSameSection ? overlapStart(text, group.last, piece) : piece.start;
    const withOverlap = fits(text, { start, end: piece.end }) ? start : piece.start;
    groups.push({ start: withOverlap, end: piece.end, first: piece, last: piece });
  }
  return groups;
}

/**
 * Divides a document by its structure into chunks of at most `chunkTokensMax` tokens (a code block up to
 * `codeBlockCharsMax` stays whole). The same input always gives the same chunks. A heading whose
 * text begins below the next one yields none of its own.
 */
export function chunkDocument(document: {
  readonly title: string;
  readonly mediaType: MediaType;
  readonly text: string;
  readonly documentHash: string;
}): Chunk[] {
  const { text } = document;
  const chunks: Chunk[] = [];
  let scannedTo = 0;
  let scannedBytes = 0;
  const byteAt = (offset: number): number => {
    // Chunks overlap by a sentence at most, so the scan only ever steps back a little.
    if (offset >= scannedTo) scannedBytes += utf8Length(text.slice(scannedTo, offset));
    else scannedBytes -= utf8Length(text.slice(offset, scannedTo));
    scannedTo = offset;
    return scannedBytes;
  };
  const groups = groupPieces(text, piecesOf(text, document.mediaType));
  for (const [index, group] of groups.entries()) {
    const body = text.slice(group.start, group.end);
    if (body.trim() === "" || isBareTitle(body, group, groups[index + 1])) continue;
    const { heading } = group.first;
    chunks.push({
      ordinal: chunks.length,
      heading,
      text: body,
      startByte: byteAt(group.start),
      endByte: byteAt(group.end),
      context: [...new Set([document.title, ...heading.slice(0, -1)])].join(" › "),
      documentHash: document.documentHash,
    });
  }
  return chunks;
}

/** A heading with nothing under it but deeper headings, which carry its words: all of them only if it was not cut. */
function isBareTitle(body: string, group: Group, next: Group | undefined): boolean {
  if (next === undefined || !/^\s*#{1,6}\s[^\n]*$/u.test(body.trimEnd())) return false;
  const path = group.first.heading;
  const own = path.at(-1);
  return (
    own !== undefined &&
    own.length < headingCharsMax &&
    next.first.heading.length > path.length &&
    path.every((title, at) => next.first.heading[at] === title)
  );
}

const encoder = new TextEncoder();
function utf8Length(text: string): number {
  return encoder.encode(text).length;
}
