import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { leadingTime, wallMs, withoutYear } from "./log-time.ts";

const utc = { nowMs: Date.UTC(2026, 10, 21, 12), zoneMs: () => 0 };

describe("times", () => {
  it("are those of the calendar", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
        (date) => {
          const time = leadingTime(date.toISOString().replace(/^\+\d\d/, ""), utc);
          assert.equal(time?.timeMs, date.getTime());
        },
      ),
    );
  });

  it("have parts that exist", () => {
    const good = { year: 2024, month: 2, day: 29, hour: 23, minute: 59, second: 60, ms: 0 };
    assert.equal(wallMs(good), Date.UTC(2024, 1, 29, 23, 59, 60));
    for (const wrong of [
      { month: 0 },
      { month: 13 },
      { day: 0 },
      { day: 32 },
      { hour: 24 },
      { minute: 60 },
      { second: 61 },
    ])
      assert.equal(wallMs({ ...good, ...wrong }), undefined, JSON.stringify(wrong));
  });

  it("stand in the zone that is written, or in the machine's own", () => {
    const ahead = { ...utc, zoneMs: () => 3 * 3_600_000 };
    const at = (text: string) => leadingTime(text, ahead)?.timeMs;
    const noon = Date.UTC(2026, 10, 20, 12);
    for (const text of [
      "12:00:00Z",
      "15:00:00+03:00",
      "15:00:00+0300",
      "08:30:00-0330",
      "15:00:00",
    ])
      assert.equal(at(`2026-11-20T${text}`), noon, text);
    assert.equal(at("2026-11-20 15:00:00,250 rest"), noon + 250);
    assert.equal(at("soon"), undefined);
  });

  it("without a year are those closest before now", () => {
    const time = { month: 11, day: 22, hour: 11, minute: 0, second: 0 };
    assert.equal(
      withoutYear(time, utc),
      Date.UTC(2026, 10, 22, 11),
      "a day ahead is a clock's error",
    );
    assert.equal(withoutYear({ ...time, day: 23 }, utc), Date.UTC(2025, 10, 23, 11));
    for (const [nowMs, year] of [
      [Date.UTC(2025, 11, 31, 23, 59, 59), 2025],
      [Date.UTC(2026, 0, 1), 2025],
      [Date.UTC(1972, 11, 31, 23), 1972],
    ] as const)
      assert.equal(
        withoutYear({ ...time, month: 12, day: 30 }, { ...utc, nowMs }),
        Date.UTC(year, 11, 30, 11),
      );
  });
});
