import { statSync } from "node:fs";
import { constants, enableCompileCache } from "node:module";
import { join } from "node:path";
import { homeFolder } from "./home.ts";

// The entry of `./adyton`. Compiled code is kept in the node's folder before anything large is imported: a warm start
// then compiles nothing.

keepCompiledCode(homeFolder(homeArgument(process.argv.slice(2)), process.env));
const { runCli } = await import("./run-cli.ts");
process.exitCode = await runCli(process.argv.slice(2));

/**
 * Compiled code is executed without a look at its source, so it is kept only in a folder that belongs to this user:
 * root, asked to look after somebody's node, must not run what that somebody left there. A folder that is not there
 * yet is made by the node, with its own mode.
 */
function keepCompiledCode(home: string): void {
  try {
    const folder = statSync(home);
    if (!folder.isDirectory() || folder.uid !== process.getuid?.()) return;
    if ((folder.mode & 0o022) !== 0) return;
    const { status } = enableCompileCache(join(home, "cache"));
    if (status === constants.compileCacheStatus.FAILED) return;
  } catch {
    // Without the cache everything works, only slower.
  }
}

function homeArgument(argv: readonly string[]): string | undefined {
  for (const [index, argument] of argv.entries()) {
    if (argument === "--") return undefined;
    if (argument === "--home") return argv[index + 1];
    if (argument.startsWith("--home=")) return argument.slice("--home=".length);
  }
  return undefined;
}
