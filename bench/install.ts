import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { atMost, type Figure } from "./figure.ts";

// What is brought onto a machine beside Node itself: the production dependencies of what runs, whole; and what a model
// file adds to that when one is first added. Ours are sources and are not counted.

const entryPackage = join(import.meta.dirname, "../packages/cli");
const llamaPackage = join(import.meta.dirname, "../packages/llama");

export function install(): Promise<readonly Figure[]> {
  const plain = foreignOf([entryPackage]);
  const figures: Figure[] = [
    {
      figure: "packages of others",
      value: plain.count,
      unit: "packages",
      bar: atMost(60),
      note: plain.names,
    },
    { figure: "their files", value: plain.bytes / 1e6, unit: "MB", bar: atMost(40) },
  ];
  if (!existsSync(join(llamaPackage, "node_modules"))) return Promise.resolve(figures);
  const whole = foreignOf([entryPackage, llamaPackage]);
  const note = "after the first adyton model add";
  return Promise.resolve([
    ...figures,
    { figure: "packages, with a model file", value: whole.count, unit: "packages", note },
    { figure: "their files, with a model file", value: whole.bytes / 1e6, unit: "MB", note },
  ]);
}

interface Foreign {
  readonly count: number;
  readonly names: string;
  readonly bytes: number;
}

/** What packages of ours need of others. */
function foreignOf(folders: readonly string[]): Foreign {
  const found = new Map<string, number>();
  for (const folder of folders) collect(realpathSync(folder), found);
  const foreign = [...found].filter(([folder]) => folder.includes("node_modules"));
  const names = foreign.map(([folder]) => folder.split("node_modules/").at(-1)).join(", ");
  const bytes = foreign.reduce((sum, [, size]) => sum + size, 0);
  return { count: foreign.length, names, bytes };
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
