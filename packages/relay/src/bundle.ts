import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

// A small machine starts the relay from plain JavaScript: taking the types out at each start costs 28 MB of memory there.
// The bundle holds the files that the program reaches and nothing else, so the machine needs no package manager.

const small = ["--max-semi-space-size=1", "--v8-pool-size=1"];
/** What Node is told for the layout `blind`: no optimizing compiler, whose own pages are 8 MiB and spare little where bytes pass. */
export const flags = [...small, "--max-old-space-size=32", "--max-opt=1"];
/**
 * For the layout `bot`, where little passes and more is loaded: the code is interpreted, which spares 20 MiB, and the whole
 * heap is cleared each time, so that no memory outside it waits for that. This spares 6 MiB and has it stay where it is.
 */
export const botFlags = [...small, "--max-old-space-size=24", "--lite-mode", "--gc-global"];
/** Freed memory goes back to the system, also in pieces of a few pages. */
export const environment = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_MMAP_THRESHOLD_: "32768",
  MALLOC_TRIM_THRESHOLD_: "65536",
  UV_THREADPOOL_SIZE: "2",
};

const launcher = `#!/bin/sh
# Runs the relay with the Node of this machine (24.15 or newer) and a small heap.
export ${Object.entries(environment)
  .map(([name, value]) => `${name}=${value}`)
  .join(" ")}
# An older Node would fail with a syntax error, which says nothing.
if ! node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major * 100 + +minor < 2415 ? 1 : 0)' >/dev/null; then
  echo "adyton-relay: Node 24.15 or newer is needed here; see https://nodejs.org" >&2
  exit 69
fi
case $1 in
  bot) flags="${botFlags.join(" ")}" ;;
  *) flags="${flags.join(" ")}" ;;
esac
exec node $flags "$(dirname "$(readlink -f "$0")")/main.js" "$@"
`;

/** Packages of others, which are copied as they are; with what belongs to them. */
const foreign: Readonly<Record<string, readonly string[]>> = {
  ws: ["package.json", "LICENSE", "index.js", "wrapper.mjs", "lib"],
};

/**
 * Writes the relay into a folder as it is copied to its machine: JavaScript, no package to install, and a script that
 * starts it. Returns the files' names, and the folders of packages.
 */
export function writeBundle(folder: string): readonly string[] {
  const written = new Set<string>();
  const waiting = [join(import.meta.dirname, "main.ts")];
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    const name = nameOf(source);
    if (written.has(name)) continue;
    written.add(name);
    const code = stripTypeScriptTypes(readFileSync(source, "utf8"));
    const linked = code.replaceAll(imports, (whole, before: string, specifier: string) => {
      if (specifier.startsWith("node:")) return whole;
      if (Object.hasOwn(foreign, specifier)) {
        written.add(copyPackage(folder, specifier));
        return whole;
      }
      const target = sourceOf(source, specifier);
      waiting.push(target);
      const path = posix.relative(posix.dirname(name), nameOf(target));
      return `${before}"${path.startsWith(".") ? path : `./${path}`}"`;
    });
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, linked);
  }
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  writeFileSync(join(folder, "adyton-relay"), launcher);
  chmodSync(join(folder, "adyton-relay"), 0o755);
  return [...written, "package.json", "adyton-relay"];
}

/** `import … from "x"`, `export … from "x"`, `import("x")`. */
const imports = /(\bfrom\s+|\bimport\()"([^"\n]+)"/g;

const sourceOf = (importer: string, specifier: string): string =>
  specifier.startsWith(".")
    ? join(dirname(importer), specifier)
    : fileURLToPath(import.meta.resolve(specifier));

/** Where a source comes to lie: the relay's own at the top, those of another package in a folder of its name. */
function nameOf(source: string): string {
  const [, name = "", path = ""] =
    /packages\/([^/]+)\/src\/(.+)\.ts$/.exec(relative(packages, source).replaceAll("\\", "/")) ??
    [];
  return `${name === "relay" ? "" : `${name}/`}${path}.js`;
}

/** The folder above all packages. */
const packages = join(import.meta.dirname, "..", "..", "..");

function copyPackage(folder: string, name: string): string {
  const source = dirname(fileURLToPath(import.meta.resolve(name)));
  const target = posix.join("node_modules", name);
  for (const each of foreign[name] ?? [])
    cpSync(join(source, each), join(folder, target, each), { recursive: true });
  return target;
}
