import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A package outside the workspace: its sources are there, what it depends on is installed when it is first wanted. */
export interface OptionalPackage {
  readonly folder: string;
  /** The module that is a process of its own. */
  readonly main: string;
  readonly lockfile: string;
  /** A copy of the lockfile that was installed; written last, so that half an installation is none. */
  readonly stamp: string;
}

/** The optional package of a name. Does no I/O. */
export function optionalPackage(name: "llama" | "speech"): OptionalPackage {
  const folder = fileURLToPath(new URL(`../../${name}/`, import.meta.url));
  return {
    folder,
    main: join(folder, "src", "main.ts"),
    lockfile: join(folder, "pnpm-lock.yaml"),
    stamp: join(folder, "node_modules", ".adyton-installed"),
  };
}

/** Whether what a package depends on is installed, in the versions of its lockfile. */
export function isInstalled({ stamp, lockfile }: OptionalPackage): boolean {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === readFileSync(lockfile, "utf8");
}
