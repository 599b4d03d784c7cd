import assert from "node:assert/strict";
import { it } from "node:test";
import type { JournalPort } from "../ports/journal.ts";
import { healthOf } from "./health.ts";
import { openApp, poolOf } from "./test/app-fixture.ts";
import { HeldJournal } from "./test/held-journal.ts";

const cases: readonly (readonly [JournalPort["storage"], en: RegExp, ru: RegExp])[] = [
  ["storage_full", /^The disk is full: nothing/, /^Диск полон: пока/],
  ["storage_failed", /^The journal cannot be written/, /^Журнал не записывается/],
];
for (const [storage, ...words] of cases)
  it(`says in the node's language what does not work: ${storage}`, async () => {
    await using app = await openApp();
    const journal = new HeldJournal(app.real);
    journal.reported = storage;
    for (const [at, language] of (["en", "ru"] as const).entries()) {
      const { parts } = healthOf(
        {
          version: "1",
          startedMs: 0,
          journal,
          backends: poolOf(),
          searchFault: () => ({ en: "broken", ru: "сломан" }),
          doors: () => [],
          others: () => [],
          mode: () => "DIRECT",
          language,
          now: () => 0,
        },
        true,
      );
      const [stored, model, search] = parts.map(({ detail }) => detail ?? "");
      assert.match(stored ?? "", words[at] ?? assert.fail());
      assert.match(model ?? "", language === "ru" ? /^Модель не подключена/ : /^No model is/);
      assert.equal(search, language === "ru" ? "сломан" : "broken");
    }
  });
