import { posix } from "node:path";
import { matches, type Finding, type Tree } from "./tree.ts";

const blobBytesMax = 256 * 1024;
/** The specifications are generated, and grow with the tables they are made from. */
const specification = /^reverse-api-(?:spec|events)\.yaml$/;
const specificationBytesMax = 1024 * 1024;

export function* blobs(tree: Tree): Generator<Finding> {
  for (const { path, bytes } of tree.files) {
    const bytesMax = specification.test(path) ? specificationBytesMax : blobBytesMax;
    if (bytes > bytesMax) yield { path, line: 1, message: `${bytes} bytes, at most ${bytesMax}` };
  }
}

export function* whitespace(tree: Tree): Generator<Finding> {
  for (const file of tree.files) {
    const { path, text } = file;
    yield* matches(file, text, /[ \t]+(?=\r?\n|$)/g, "trailing white space");
    yield* matches(file, text, /\t(?!\r?\n|$)/g, "a tab");
    yield* matches(file, text, /\r\n?/g, "the line ends in a carriage return");
    if (text !== "" && !text.endsWith("\n"))
      yield { path, line: text.split("\n").length, message: "the last line has no end" };
    // Composed and decomposed forms look alike and compare different; a test that needs one writes \u escapes.
    if (text === text.normalize("NFC")) continue;
    for (const [at, line] of text.split("\n").entries())
      if (line !== line.normalize("NFC"))
        yield { path, line: at + 1, message: "not in Unicode form NFC" };
  }
}

/** What is true only where it was written: paths of one machine, package mirrors, papers that are not in the tree. */
export function* elsewhere(tree: Tree): Generator<Finding> {
  const patterns: [RegExp, string][] = [
    // The groups keep these lines from being offences themselves.
    [
      /(?<![\w.-])\/(?:work|workspace)\/|\/tmp\/(?:bash_jobs|brief)|\.\.\/(?:shared)\b/g,
      "a path of one machine",
    ],
    [/https?:\/\/[\w.-]*(?:registry|artifactory|nexus|verdaccio|mirror)[\w.-]*/g, "a package host"],
    [/\b(?:DESIGN|reference\/\w+)\.(?:md|mjs)\b/g, "cites what is not in the repository"],
    [
      /^Co-authored-by:|\bgenerated (?:with|by) (?:AI|an? (?:AI|assistant))\b/gim,
      "says who typed it",
    ],
  ];
  for (const file of tree.files)
    for (const [pattern, message] of patterns) yield* matches(file, file.text, pattern, message);
}

export function* links(tree: Tree): Generator<Finding> {
  const folders = new Set(
    tree.files.flatMap(({ path }) =>
      path.split("/").map((_, at, all) => all.slice(0, at).join("/")),
    ),
  );
  for (const file of tree.files) {
    if (!file.path.endsWith(".md")) continue;
    const prose = file.text.replace(/^( *)(```|~~~)[^]*?^\1\2/gm, (block) =>
      block.replace(/[^\n]/g, " "),
    );
    for (const found of prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)/gm)) {
      const link = found[1] ?? found[2] ?? "";
      if (/^[a-z][a-z0-9+.-]*:|^#/i.test(link)) continue;
      const path = decodeURIComponent(link.split("#")[0] ?? "");
      const target = posix.join(posix.dirname(file.path), path).replace(/\/$/, "");
      if (tree.get(target) === undefined && !folders.has(target))
        yield {
          path: file.path,
          line: prose.slice(0, found.index).split("\n").length,
          message: `the link leads nowhere: ${link}`,
        };
    }
  }
}

export function* changelog(tree: Tree): Generator<Finding> {
  const path = "CHANGELOG.md";
  if (!/^## \[?Unreleased\b/m.test(tree.get(path)?.text ?? ""))
    yield { path, line: 1, message: 'there is no section "## Unreleased"' };
}
