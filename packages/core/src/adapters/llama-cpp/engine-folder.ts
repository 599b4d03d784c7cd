import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The optional package: its sources are there, what it depends on is installed when a model is first added. */
export const llamaFolder = fileURLToPath(new URL("../../../../llama/", import.meta.url));
export const lockfile = join(llamaFolder, "pnpm-lock.yaml");
/** A copy of the lockfile that was installed; written last, so that half an installation is none. */
export const stamp = join(llamaFolder, "node_modules", ".adyton-installed");

/** The folder of the installed engine; `undefined` when it is not installed, or in another version. */
export function engineFolder(): string | undefined {
  if (!existsSync(stamp)) return undefined;
  return readFileSync(stamp, "utf8") === readFileSync(lockfile, "utf8") ? llamaFolder : undefined;
}
