import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DocumentRequest } from "@adyton/protocol";

const languages = ["en", "ru"] as const;

/** Reads the manual of this version: every page of every language, as documents for everyone. */
export async function readManual(folder: string): Promise<readonly DocumentRequest[]> {
  const pages: DocumentRequest[] = [];
  for (const language of languages) {
    const names = (await readdir(join(folder, language))).filter((name) => name.endsWith(".md"));
    for (const name of names.toSorted()) {
      const text = await readFile(join(folder, language, name), "utf8");
      const title = /^# (.+)$/m.exec(text)?.[1] ?? name;
      pages.push({
        title,
        text,
        source: `guide/${language}/${name}`,
        mediaType: "text/markdown",
        shared: true,
      });
    }
  }
  return pages;
}
