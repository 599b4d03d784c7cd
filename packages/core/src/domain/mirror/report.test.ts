import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Check } from "@adyton/protocol";
import { lookedAt } from "./check.ts";
import { deltaOf, frozenText, statusesOf, verdictOf } from "./report.ts";

const looked = (...statuses: readonly Check["status"][]) =>
  statuses.map((status, index) =>
    lookedAt(
      { id: `D${index + 1}`, kind: "deterministic", threshold: 1 },
      {
        status,
        measured: index,
        ...(status === "ok" ? {} : { title: { en: `is ${status}`, ru: `стало ${status}` } }),
      },
      { ms: index, language: "ru" },
    ),
  );

describe("what all checks say together", () => {
  const table: readonly [readonly Check["status"][], string, number | null][] = [
    [["ok", "ok"], "ok", 1],
    [["ok", "warn"], "warn", 0.75],
    [["ok", "warn", "fail"], "fail", 0.5],
    [["ok", "fail", "skipped"], "partial", null],
    [["ok", "error"], "partial", null],
    [[], "ok", null],
  ];
  for (const [statuses, status, score] of table)
    it(`is ${status} for ${statuses.join(", ")}, with the score ${score}`, () => {
      const verdict = verdictOf(looked(...statuses));
      assert.deepEqual([verdict.status, verdict.score], [status, score]);
      assert.equal(verdict.checks.length, statuses.length);
    });

  it("lists what was found, the gravest first, in the node's language", () => {
    const { findings } = verdictOf(looked("skipped", "warn", "ok", "fail", "warn"));
    assert.deepEqual(
      findings.map(({ severity, checkId, title }) => [severity, checkId, title]),
      [
        ["fail", "D4", "стало fail"],
        ["warn", "D2", "стало warn"],
        ["warn", "D5", "стало warn"],
        ["info", "D1", "стало skipped"],
      ],
    );
  });
});

describe("the change since the report before", () => {
  it("tells new, fixed and persisting troubles, and nothing of what one of them did not look at", () => {
    const before = {
      D1: "ok",
      D2: "fail",
      D3: "warn",
      D4: "skipped",
      D5: "warn",
      D6: "ok",
    } as const;
    const now = { D1: "warn", D2: "ok", D3: "fail", D4: "fail", D5: "error", D6: "ok" } as const;
    assert.deepEqual(deltaOf(before, now), { new: ["D1"], fixed: ["D2"], persisting: ["D3"] });
    assert.deepEqual(deltaOf({}, now), { new: [], fixed: [], persisting: [] });
  });

  it("is read from the statuses by their ids", () => {
    assert.deepEqual(statusesOf(verdictOf(looked("ok", "fail")).checks), { D1: "ok", D2: "fail" });
  });
});

it("the frozen text of a report changes with what was found, and not with the time it took", () => {
  const first = verdictOf(looked("ok", "warn")).checks;
  const slower = first.map((check) => ({ ...check, ms: 99 }));
  assert.equal(frozenText(first), frozenText(slower));
  assert.notEqual(frozenText(first), frozenText(verdictOf(looked("ok", "fail")).checks));
  const canary: Check = { id: "M1", kind: "model", status: "fail", measured: 1, threshold: 1 };
  assert.equal(frozenText([...first, canary]), frozenText(first));
});
