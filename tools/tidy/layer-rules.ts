import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { isTest, matches, type Finding, type TidyFile, type Tree } from "./tree.ts";

// What the sources of a package may import from outside it. Tests are held to the declared dependencies alone.
const allowed: Record<string, RegExp> = {
  protocol: /^zod(?:\/|$)/,
  runtime: /^(?:node:|zod(?:\/|$)|yaml(?:\/|$)|@adyton\/protocol\/link)/,
  core: /^(?!@adyton\/(?:cli|emulators)(?:\/|$))/,
  emulators: /^node:/,
  // Nothing of these loads zod, which would cost the relay a fifth of its memory.
  relay: /^(?:node:|ws$|@adyton\/runtime\/|@adyton\/protocol\/link)/,
};

export function* packageLayers(tree: Tree): Generator<Finding> {
  for (const file of tree.sources) {
    const [, name = "", rest = ""] = /^packages\/([^/]+)\/(.*)$/.exec(file.path) ?? [];
    if (name === "" || isTest(file.path)) continue;
    for (const { specifier, line } of file.imports) {
      const finding = (message: string) => ({ path: file.path, line, message });
      if (!specifier.startsWith(".") && allowed[name]?.test(specifier) === false)
        yield finding(`${name} must not import ${specifier}`);
      // The database is behind these two adapters: the journal, and the search index derived from it.
      const database = name === "core" && /^src\/adapters\/(?:sqlite|search)\//.test(rest);
      if ((name === "core" || name === "cli") && specifier === "node:sqlite" && !database)
        yield finding("only core's sqlite and search adapters open a database");
    }
  }
}

/** How far out a file of core lies; a file imports files of its own ring and of inner ones. */
function ring(path: string): [rank: number, name: string] {
  const folder = path.slice("packages/core/src/".length).split("/")[0] ?? "";
  if (folder === "domain") return [0, "domain"];
  if (folder === "app") return [2, "app"];
  if (folder === "adapters") return [3, "adapters"];
  return folder === "ports" ? [1, "ports"] : [4, "main"];
}

const adapter = (path: string) => /\/adapters\/([^/]+)/.exec(path)?.[1];

export function* coreRings(tree: Tree): Generator<Finding> {
  for (const file of tree.sources) {
    if (!file.path.startsWith("packages/core/src/") || isTest(file.path)) continue;
    for (const { specifier, line } of file.imports) {
      const target = resolve(file, specifier);
      const [rank, name] = ring(file.path);
      const finding = (message: string) => ({ path: file.path, line, message });
      if (target === undefined) {
        if (name === "domain" && isBuiltin(specifier))
          yield finding(`domain is pure and does not import ${specifier}`);
        continue;
      }
      const [targetRank, targetName] = ring(target);
      const isInside = target.startsWith("packages/core/src/");
      if (isInside && targetRank > rank)
        yield finding(`${name} must not import ${targetName}: ${specifier}`);
      if (rank === 3 && targetRank === 3 && adapter(file.path) !== adapter(target))
        yield finding(`adapters do not import each other: ${specifier}`);
    }
  }
}

function resolve(file: TidyFile, specifier: string): string | undefined {
  return /^\.{1,2}\//.test(specifier) ? posix.join(posix.dirname(file.path), specifier) : undefined;
}

export function* relativeImports(tree: Tree): Generator<Finding> {
  for (const file of tree.sources)
    for (const { specifier, line } of file.imports) {
      const target = resolve(file, specifier);
      if (target === undefined) continue;
      const owner = tree.owner(file.path);
      // Tests, benches and tools of the whole look into the packages; a package looks into no other.
      const isCode = specifier.endsWith(".ts");
      const leaves = isCode && owner?.folder !== "" && tree.owner(target)?.path !== owner?.path;
      if (target.startsWith("..") || leaves)
        yield { path: file.path, line, message: `leaves its package: ${specifier}` };
      // A URL may name a folder or a file of data, of the whole repository too; an import names a source or JSON.
      else if (!/\.(?:ts|json|sql|jsonl|md|html|css|yaml)$|\/$/.test(specifier))
        yield { path: file.path, line, message: `ends in no .ts: ${specifier}` };
      else if (specifier.endsWith(".ts") && tree.get(target) === undefined)
        yield { path: file.path, line, message: `does not exist: ${specifier}` };
    }
}

export function* undeclaredDependencies(tree: Tree): Generator<Finding> {
  const root = tree.manifests.find((each) => each.folder === "");
  for (const file of tree.sources) {
    const owner = tree.owner(file.path);
    for (const { specifier, line } of file.imports) {
      if (/^(?:\.|node:)/.test(specifier)) continue;
      const name = specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/");
      const development = isTest(file.path) || owner === root;
      const declared =
        owner?.dependencies.has(name) === true ||
        (development && (owner?.devDependencies.has(name) || root?.devDependencies.has(name))) ===
          true;
      if (isBuiltin(specifier)) yield { path: file.path, line, message: `write node:${specifier}` };
      else if (!declared)
        yield { path: file.path, line, message: `${name} is not declared in ${owner?.path}` };
    }
  }
}

/** The file that an import of one of our packages by name means. */
function exported(tree: Tree, specifier: string): string | undefined {
  const owner = tree.manifests.find(({ name }) => `${specifier}/`.startsWith(`${name}/`));
  const rest = specifier.slice(owner?.name.length);
  const target =
    owner?.exports.get(`.${rest}`) ?? owner?.exports.get("./*")?.replace("*", rest.slice(1));
  return owner && target && posix.join(owner.folder, target);
}

/** Sources that no entry of a package, no test and no tool reaches. */
export function* deadFiles(tree: Tree): Generator<Finding> {
  const reached = new Set<string>();
  const visit = (path: string) => {
    const file = tree.get(path);
    if (file === undefined || reached.has(path)) return;
    reached.add(path);
    for (const { specifier } of file.imports) {
      const target = resolve(file, specifier) ?? exported(tree, specifier);
      if (target !== undefined) visit(target);
    }
  };
  for (const { path, folder, exports } of tree.manifests)
    for (const target of exports.values()) {
      const entry = posix.join(folder, target);
      visit(entry);
      if (!entry.includes("*") && tree.get(entry) === undefined)
        yield { path, line: 1, message: `exports no file: ${target}` };
    }
  for (const { path } of tree.sources)
    if (isTest(path) || /^(?:tools|bench|examples)\/[^/]+\.ts$/.test(path)) visit(path);
  for (const { path } of tree.sources)
    if (!reached.has(path) && !path.endsWith(".d.ts"))
      yield { path, line: 1, message: "nothing imports this file" };
}

/** Calls of a messenger by which a text leaves, and who may make them: the door takes checked texts, the others fixed ones. */
const leaving =
  /\bapi\s*\.\s*(?:send|edit|answer|copy|forward|post|set|create)(?!ChatAction\b)\w+\s*\(|\bapi\s*\.\s*raw\b/g;
const doors = new Set(
  ["adapters/telegram/telegram-door", "adapters/telegram/presses", "adapters/telegram/command-menu"]
    .concat("telegram-setup")
    .map((name) => `packages/core/src/${name}.ts`),
);
const checking = /\bCheckedText\s*\.\s*check(?:Growing)?\s*\(/g;
const checker = "packages/core/src/app/channels/exit-check.ts";

/** What leaves through a channel goes by its door, and has passed the one exit filter. */
export function* channelExits(tree: Tree): Generator<Finding> {
  for (const file of tree.sources) {
    if (!file.path.startsWith("packages/core/src/") || isTest(file.path)) continue;
    if (!doors.has(file.path))
      yield* matches(file, file.code, leaving, "a text leaves by its door");
    if (file.path !== checker)
      yield* matches(file, file.code, checking, "the exit filter of the node checks texts");
  }
}
