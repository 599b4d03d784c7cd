import assert from "node:assert/strict";
import { it } from "node:test";
import { outageWords } from "./outage-words.ts";

const start = Date.UTC(2026, 10, 20, 8, 12);
const minute = 60_000;
const cases: ReadonlyArray<readonly [lastedMs: number, en: string, ru: string]> = [
  [0, "2026-11-20 08:12 to 08:12 UTC (1 min)", "2026-11-20 08:12 до 08:12 UTC (1 мин)"],
  [88 * minute, "08:12 to 09:40 UTC (1 h 28 min)", "08:12 до 09:40 UTC (1 ч 28 мин)"],
  [
    1_501 * minute,
    "2026-11-20 08:12 to 2026-11-21 09:13 UTC (1 d 1 h 1 min)",
    "2026-11-20 08:12 до 2026-11-21 09:13 UTC (1 д 1 ч 1 мин)",
  ],
];
for (const [lastedMs, en, ru] of cases)
  it(`names an outage of ${lastedMs / minute} min`, () => {
    const words = outageWords({ sinceMs: start, untilMs: start + lastedMs });
    assert.ok(words.en.includes(en), words.en);
    assert.ok(words.ru.includes(ru), words.ru);
  });
