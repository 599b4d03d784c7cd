import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { documentTitle, readBytes } from "./document-file.ts";
import { en } from "./texts/en.ts";
import { ru } from "./texts/ru.ts";
import { translator } from "./texts/translate.ts";

const cases: readonly (readonly [string, ...Parameters<typeof documentTitle>])[] = [
  ["Boiler", "# Boiler\n\ntext", "notes.md", "text/markdown"],
  ["Котёл", "text\n\n## Котёл ##\n", "заметки.md", "text/markdown"],
  ["заметки", "no heading", "/a/заметки.md", "text/markdown"],
  ["notes", "# not Markdown", "notes.txt", "text/plain"],
  ["first line", "\nfirst line\nsecond", "-", "text/plain"],
  ["red", "# \u001b[31mred\u001b[0m", "a.md", "text/markdown"],
];

describe("a document's title", () => {
  for (const [title, text, file, mediaType] of cases)
    it(`is “${title}” for ${JSON.stringify(text)} in ${file}`, () =>
      assert.equal(documentTitle(text, file, mediaType), title));
});

for (const [texts, words] of [
  [en, "there is no such file"],
  [ru, "такого файла нет"],
] as const)
  it(`says that a file is not there: ${words}`, () =>
    assert.rejects(readBytes("/nowhere/notes.md", translator(texts)), { message: words }));
