import assert from "node:assert/strict";
import { it } from "node:test";
import type { ProblemCode } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import { SearchError } from "../domain/search/search-contract.ts";
import { telling } from "./search-problem.ts";

const problems: readonly (readonly [SearchError["code"], ProblemCode, en: RegExp, ru: RegExp])[] = [
  ["busy", "busy", /^Too many searches wait/, /^Слишком много запросов/],
  ["crashed", "busy", /^The search index failed/, /^Поисковый индекс дал сбой/],
  ["storage", "storage_failed", /^The search index cannot/, /^Поисковый индекс не удаётся/],
];
for (const [code, told, ...words] of problems)
  it(`says in the node's language that the search is ${code}`, async () => {
    for (const [at, language] of (["en", "ru"] as const).entries()) {
      const failing = telling(() => Promise.reject(new SearchError(code, "no words")), language);
      await assert.rejects(failing, (error) => {
        assert.ok(error instanceof ProblemError && error.problem.code === told);
        assert.match(error.problem.detail ?? "", words[at] ?? assert.fail());
        return true;
      });
    }
  });
