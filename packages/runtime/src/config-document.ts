import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type { Document, Node, YAMLError } from "yaml";

/**
 * A YAML file as a plain tree with positions. Only the part of YAML that reads the same to everybody is taken: one
 * document of YAML 1.2, mappings, lists and plain values. Anchors, aliases, tags and directives are refused: they let
 * a value stand far from its place, grow without bound, or change what `yes` means.
 */

export const configDepthMax = 32;

const syntaxProblemsMax = 20;

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface PlacedMessage extends Place {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export interface ConfigDocument {
  readonly document: Document;
  /** The content; an empty file has none and counts as an empty group. */
  readonly value: unknown;
  /** Where the key at this path stands, or the nearest group around it when it is absent. */
  keyPlace(path: readonly PropertyKey[]): Place;
  valuePlace(path: readonly PropertyKey[]): Place;
}

export type DocumentOutcome =
  | { readonly kind: "ok"; readonly document: ConfigDocument }
  | { readonly kind: "refused"; readonly problems: readonly PlacedMessage[] };

const start: Place = { line: 1, column: 1 };

/** Our words for the mistakes that people make; the rest is quoted from the parser when it holds no text of the file. */
const words: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "this key appears twice: remove one of the two",
  TAB_AS_INDENT: "a tab indents this line: use spaces",
  BAD_INDENT: "the indentation does not fit the lines above, or a bracket is not closed",
  MULTIPLE_DOCS: "a second document starts here: keep one, without --- between",
  BAD_SCALAR_START: "a value cannot start with this character: put it in quotes",
  BLOCK_AS_IMPLICIT_KEY: "there are two colons on this line: put the value in quotes",
  MISSING_CHAR: "a quote, a bracket or a colon is missing here or before",
  UNEXPECTED_TOKEN: "this does not fit here: check the indentation of this line and the one above",
  RESOURCE_EXHAUSTION: "this is nested too deeply",
};

/** Parses YAML into a document with places, or into every problem of its syntax. Anchors, aliases, tags and directives are refused. */
export function parseConfigText(text: string): DocumentOutcome {
  const lines = new LineCounter();
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return line === 0 ? start : { line, column: col };
  };
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines, version: "1.2" });
  const syntax = syntaxProblems(document.errors, place);
  const problems = syntax.length > 0 ? syntax : refusedParts(document, place);
  if (problems.length > 0) return { kind: "refused", problems };
  const value: unknown = document.toJS() ?? {};
  return {
    kind: "ok",
    document: {
      document,
      value,
      keyPlace: (path) => place(offsetOf(document, path, "key")),
      valuePlace: (path) => place(offsetOf(document, path, "value")),
    },
  };
}

/** One problem per line: the parser's later complaints about the same line only repeat the first. */
function syntaxProblems(
  errors: readonly YAMLError[],
  place: (offset: number) => Place,
): PlacedMessage[] {
  const byLine = new Map<number, PlacedMessage>();
  for (const error of errors) {
    const at = place(error.pos[0]);
    const message =
      words[error.code] ??
      `this is not valid YAML (${error.code.toLowerCase().replaceAll("_", " ")})`;
    if (!byLine.has(at.line)) byLine.set(at.line, { ...at, path: [], message });
  }
  return [...byLine.values()].slice(0, syntaxProblemsMax);
}

function refusedParts(document: Document, place: (offset: number) => Place): PlacedMessage[] {
  const problems: PlacedMessage[] = [];
  const refuse = (node: Node | null, message: string): void => {
    if (problems.length < syntaxProblemsMax)
      problems.push({ ...place(node?.range?.[0] ?? 0), path: [], message });
  };
  if (
    document.directives?.yaml.explicit === true ||
    Object.keys(document.directives?.tags ?? {}).length > 1
  )
    refuse(null, "directives (%YAML, %TAG) are not supported: remove the line");
  visit(document, {
    Pair(_key, pair) {
      if (!isScalar(pair.key) || pair.key.value === null || typeof pair.key.value === "object")
        refuse(isNode(pair.key) ? pair.key : null, "a key must be a word or a number");
    },
    Node(_key, node, path) {
      if (isAlias(node))
        return refuse(node, "aliases (*name) are not supported: write the value out");
      if (node.anchor !== undefined)
        refuse(node, "anchors (&name) are not supported: write the value out");
      if (node.tag !== undefined)
        refuse(node, "tags (!name) are not supported: write a plain value");
      const depth = path.filter((part) => !isPair(part)).length;
      if (depth <= configDepthMax) return undefined;
      refuse(node, `groups are nested over ${configDepthMax} deep`);
      return visit.SKIP;
    },
  });
  return problems;
}

/** Follows the path as far as the file goes. */
function offsetOf(document: Document, path: readonly PropertyKey[], part: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = rangeStart(node);
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (item) => isScalar(item.key) && String(item.key.value) === String(key),
      );
      if (pair === undefined) return offset;
      const keyOffset = rangeStart(pair.key);
      node = pair.value;
      offset = part === "value" && node !== null ? rangeStart(node) || keyOffset : keyOffset;
    } else if (isSeq(node) && typeof key === "number" && node.items[key] !== undefined) {
      node = node.items[key];
      offset = rangeStart(node);
    } else return offset;
  }
  return offset;
}

function rangeStart(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}
