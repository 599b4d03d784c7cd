import { posix } from "node:path";
import { isTest, matches, type Finding, type Tree } from "./tree.ts";

const linesMax = 400;

export function* fileLength(tree: Tree): Generator<Finding> {
  for (const { path, text } of tree.sources) {
    const lines = text.split("\n").length - 1;
    if (lines > linesMax)
      yield { path, line: linesMax + 1, message: `${lines} lines, at most ${linesMax}` };
  }
}

const emptyName = /^(?:.*-)?(?:utils?|helpers?|common|managers?|services?|misc)$/;

export function* emptyNames(tree: Tree): Generator<Finding> {
  for (const { path } of tree.sources)
    for (const part of path.split("/")) {
      const name = part.split(".")[0] ?? "";
      if (emptyName.test(name)) yield { path, line: 1, message: `the name "${name}" says nothing` };
    }
}

export function* fileNames(tree: Tree): Generator<Finding> {
  for (const { path } of tree.sources)
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)*\.ts$/.test(posix.basename(path)))
      yield { path, line: 1, message: "file names are kebab-case" };
}

export function* syntax(tree: Tree): Generator<Finding> {
  const banned: [RegExp, string][] = [
    [/^[ \t]*export\s+default\b|\bas\s+default\b/gm, "exports have names"],
    [/^[ \t]*(?:export\s+|declare\s+)*(?:const\s+)?enum\s+\w+/gm, "no enum"],
    [/^[ \t]*(?:export\s+|declare\s+)*(?:namespace|module)\s+[\w.]+\s*\{/gm, "no namespace"],
    [/^[ \t]*@[A-Za-z_]\w*/gm, "no decorator"],
    [
      /\bconstructor\s*\((?:[^(){}]|\{[^{}]*\}|\([^()]*\))*?(?<=[(,]\s*)(?:public|private|protected|readonly|override)\s+\w+/g,
      "no parameter property",
    ],
  ];
  // A declaration file describes somebody else's module as it is.
  for (const file of tree.sources.filter(({ path }) => !path.endsWith(".d.ts")))
    for (const [pattern, message] of banned) yield* matches(file, file.code, pattern, message);
}

const workshop = /^(?:tools|bench|test|examples)\//;

export function* processUse(tree: Tree): Generator<Finding> {
  const environmentReader =
    /^packages\/(?:cli\/|relay\/src\/main\.ts$|runtime\/src\/(?:config|terminal)[^/]*$)/;
  for (const file of tree.sources) {
    const { path, code } = file;
    // These run as a process of their own.
    const ends = /^packages\/(?:cli\/|(?:llama|relay|speech)\/src\/main\.ts$)/.test(path);
    if (!environmentReader.test(path) && !workshop.test(path) && !isTest(path))
      yield* matches(file, code, /\bprocess\.env\b/g, "the environment is read at the edge");
    if (ends || workshop.test(path)) continue;
    yield* matches(file, code, /\bprocess\.exit\(/g, "the caller decides when to exit");
    yield* matches(file, code, /\bconsole\.\w+\(/g, "use the log");
  }
}

export function* leftovers(tree: Tree): Generator<Finding> {
  // The groups keep this line from being an offence itself.
  const notes = /\b(?:TO(?:DO)|FIX(?:ME)|XX(?:X)|HA(?:CK))\b/g;
  for (const file of tree.files) yield* matches(file, file.text, notes, "finish it or say nothing");
  const inTests: [RegExp, string][] = [
    [/\.only\(|\bonly:\s*true\b/g, "the other tests do not run"],
    [/\b(?:it|test|describe|suite)\.(?:skip|todo)\(/g, 'give the reason: { skip: "…" }'],
    [/\b(?:skip|todo):\s*true\b|\.(?:skip|todo)\(\s*\)/g, "give the reason"],
  ];
  for (const file of tree.sources.filter(({ path }) => isTest(path)))
    for (const [pattern, message] of inTests) yield* matches(file, file.code, pattern, message);
}

/** Functions of the two packages that everything else is built on say what they refuse and throw. */
export function* docComments(tree: Tree): Generator<Finding> {
  const exported =
    /^export (?:async )?function\*? (\w+)|^export const (\w+)[^=\n]*= (?:async )?(?:\((?:[^()]*\)[^=\n]*=>|$)|\w+ =>)/;
  for (const { path, text } of tree.sources) {
    if (!/^packages\/(?:protocol|runtime)\/src\//.test(path) || isTest(path)) continue;
    const lines = text.split("\n");
    for (const [at, line] of lines.entries()) {
      const name = exported.exec(line)?.slice(1).find(Boolean);
      const before = lines[at - 1] ?? "";
      const overload = new RegExp(`^export function ${name}\\b`).test(before);
      if (name !== undefined && !before.trimEnd().endsWith("*/") && !overload)
        yield { path, line: at + 1, message: `${name} has no doc comment` };
    }
  }
}
