import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { it } from "node:test";
import { loadNodeKeys } from "./adapters/keys/node-keys.ts";
import { openApp } from "./app/test/app-fixture.ts";
import { ProblemError } from "./domain/problem-error.ts";
import { homeFiles } from "./home.ts";
import { backUpJournal } from "./journal-upkeep.ts";

it("says in the node's language that a backup was not made, and why", async () => {
  await using app = await openApp();
  const files = homeFiles(app.home);
  // A folder cannot be made below a file.
  writeFileSync(files.backups, "");
  for (const [language, words] of [
    ["en", /^The backup was not made: .*(?:ENOTDIR|EEXIST)/],
    ["ru", /^Резервная копия не сделана: .*(?:ENOTDIR|EEXIST)/],
  ] as const) {
    const parts = { files, keys: loadNodeKeys(app.home), journal: app.real, language };
    await assert.rejects(backUpJournal(parts, new AbortController().signal), (error) => {
      assert.ok(error instanceof ProblemError && error.problem.code === "storage_failed");
      assert.match(error.problem.detail ?? "", words);
      return true;
    });
  }
});
