import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { openSearch } from "../adapters/search/search-client.ts";
import { ProblemError } from "../domain/problem-error.ts";
import { MemoryIndex } from "./memory-index.ts";

it("says in the node's language that it is behind", async () => {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "adyton-index-"));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const search = stack.use(openSearch({ file: join(folder, "index.db") }));
  const question = { query: "котёл", owners: ["p"], limit: 1 };
  const indexOf = (language: "en" | "ru", waitMsMax: number): MemoryIndex =>
    new MemoryIndex({ search, kinds: [], waitMsMax, language, now: Date.now });
  const { hits } = await indexOf("ru", 60_000).find(question);
  assert.deepEqual(hits, [], "the control: it catches up");
  search.stats = () => Promise.withResolvers<never>().promise;
  for (const [language, words] of [
    ["en", /^Memory is being indexed/],
    ["ru", /^Память ещё индексируется/],
  ] as const)
    await assert.rejects(indexOf(language, 1).find(question), (error) => {
      assert.ok(error instanceof ProblemError && error.problem.code === "busy");
      assert.match(error.problem.detail ?? "", words);
      return true;
    });
});
