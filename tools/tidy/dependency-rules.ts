import { lineAt, type Import } from "./source-text.ts";
import type { Finding, Manifest, Tree } from "./tree.ts";

const dependenciesRecord = "docs/adr/0002-dependencies.md";

const isOurs = (name: string) => name.startsWith("@adyton/");

function lineOf(manifest: Manifest, name: string): Import["line"] {
  return lineAt(manifest.text, Math.max(0, manifest.text.indexOf(`"${name}":`)));
}

function* declared(tree: Tree) {
  for (const manifest of tree.manifests)
    for (const table of [manifest.dependencies, manifest.devDependencies])
      for (const [name, version] of table)
        yield { name, version, path: manifest.path, line: lineOf(manifest, name) };
}

/** Exact versions, and the same one everywhere: what was tested is what is installed. */
export function* pinnedVersions(tree: Tree): Generator<Finding> {
  const seen = new Map<string, string>();
  for (const { name, version, path, line } of declared(tree)) {
    const exact = isOurs(name)
      ? "workspace:*" === version
      : /^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version);
    if (!exact) yield { path, line, message: `${name} is not pinned: ${version}` };
    const other = seen.get(name) ?? version;
    if (other !== version)
      yield { path, line, message: `${name} is ${other} elsewhere: ${version}` };
    seen.set(name, other);
  }
}

/** Each dependency has a row in the record with its version, and each row is a dependency. */
export function* recordedDependencies(tree: Tree): Generator<Finding> {
  const record = tree.get(dependenciesRecord);
  const rows = new Map<string, { version: string; line: number }>();
  for (const found of (record?.text ?? "").matchAll(/^\| `([^`]+)` \| ([^ |]+) \|/gm))
    rows.set(found[1] ?? "", {
      version: found[2] ?? "",
      line: lineAt(record?.text ?? "", found.index),
    });
  const used = new Set<string>();
  for (const { name, version, path, line } of declared(tree)) {
    if (isOurs(name)) continue;
    used.add(name);
    const row = rows.get(name);
    if (row === undefined)
      yield { path, line, message: `${name} has no row in ${dependenciesRecord}` };
    else if (row.version !== version)
      yield {
        path: dependenciesRecord,
        line: row.line,
        message: `${name} is ${version} in ${path}`,
      };
  }
  for (const [name, { line }] of rows)
    if (!used.has(name))
      yield { path: dependenciesRecord, line, message: `${name} is no dependency any more` };
}

/** The start script brings the pnpm that the manifest names. */
export function* installer(tree: Tree): Generator<Finding> {
  const script = tree.get("adyton")?.text ?? "";
  const wanted = /"packageManager":\s*"pnpm@([^"]+)"/.exec(
    tree.get("package.json")?.text ?? "",
  )?.[1];
  const found = /^pnpm=(\S+)$/m.exec(script);
  if (found?.[1] !== wanted)
    yield {
      path: "adyton",
      line: lineAt(script, found?.index ?? 0),
      message: `pnpm is ${wanted} in package.json and ${found?.[1]} here`,
    };
}
