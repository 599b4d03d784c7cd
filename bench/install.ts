import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Figure } from "./figure.ts";

// What the core brings onto a machine beside Node itself: its production dependencies, whole.

const corePackage = join(import.meta.dirname, "../packages/core");

export function install(): Promise<readonly Figure[]> {
  const found = new Map<string, number>();
  collect(realpathSync(corePackage), found);
  const foreign = [...found].filter(([folder]) => folder.includes("node_modules"));
  const names = foreign.map(([folder]) => folder.split("node_modules/").at(-1));
  const bytes = foreign.reduce((sum, [, size]) => sum + size, 0);
  return Promise.resolve([
    {
      figure: "packages of others",
      value: foreign.length,
      unit: "packages",
      note: names.join(", "),
    },
    { figure: "their files", value: bytes / 1e6, unit: "MB" },
  ]);
}

/** Follows the production dependencies from a package's folder, as the resolution of modules does. */
function collect(folder: string, found: Map<string, number>): void {
  if (found.has(folder)) return;
  found.set(folder, bytesOf(folder));
  const description: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const name of dependenciesOf(description)) collect(resolveFrom(folder, name), found);
}

function dependenciesOf(description: unknown): string[] {
  if (typeof description !== "object" || description === null) return [];
  if (!("dependencies" in description) || typeof description.dependencies !== "object") return [];
  return Object.keys(description.dependencies ?? {});
}

function resolveFrom(folder: string, name: string): string {
  for (let at = folder; ; at = dirname(at)) {
    try {
      return realpathSync(join(at, "node_modules", name));
    } catch (error) {
      if (at === dirname(at)) throw error;
    }
  }
}

function bytesOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === "node_modules" ? sum : sum + bytesOf(path);
    return entry.isFile() ? sum + statSync(path).size : sum;
  }, 0);
}
