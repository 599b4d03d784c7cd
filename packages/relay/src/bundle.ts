import { chmodSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";

// A small machine starts the relay from plain JavaScript: taking the types out at each start costs 28 MB of memory there.

const launcher = `#!/bin/sh
# Runs the relay with the Node of this machine (24.15 or newer) and a small heap.
export MALLOC_ARENA_MAX=1 UV_THREADPOOL_SIZE=2
exec node --max-semi-space-size=1 --max-old-space-size=32 --v8-pool-size=1 "$(dirname "$(readlink -f "$0")")/main.js" "$@"
`;

/**
 * Writes the relay into a folder as it is copied to its machine: JavaScript, no package beside it, and a script that
 * starts it. Returns the files' names.
 */
export function writeBundle(folder: string): readonly string[] {
  const source = import.meta.dirname;
  const files = globSync("**/*.ts", { cwd: source }).filter(
    (name) => !name.endsWith(".test.ts") && name !== "bundle.ts",
  );
  const written = files.map((name) => {
    const code = stripTypeScriptTypes(readFileSync(join(source, name), "utf8"));
    const file = name.replace(/\.ts$/, ".js");
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), code.replaceAll(/(from "\.[^"]*)\.ts"/g, '$1.js"'));
    return file;
  });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  writeFileSync(join(folder, "adyton-relay"), launcher);
  chmodSync(join(folder, "adyton-relay"), 0o755);
  return [...written, "package.json", "adyton-relay"];
}
