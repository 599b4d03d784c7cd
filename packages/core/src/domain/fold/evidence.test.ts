import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkHypotheses, type OfferedHypothesis, type ShownEvidence } from "./evidence.ts";

describe("evidence", () => {
  const shown: ShownEvidence = {
    clusterIds: new Set(["C1", "C2"]),
    lines: new Map([
      ["L1", { lineId: "L1", timeMs: 1_000, text: "диск заполнен: нет места" }],
      ["L2", { lineId: "L2", timeMs: 2_000, text: "write failed" }],
    ]),
    hasChange: false,
  };
  const good: OfferedHypothesis = {
    statement: "The disk is full.",
    clusterIds: ["C1"],
    evidence: [
      { lineId: "L1", quote: "диск заполнен" },
      { lineId: "L2", quote: "write failed" },
    ],
    firstCheck: "df",
    confidence: "high",
  };
  const change = (more: Partial<OfferedHypothesis>): OfferedHypothesis => ({ ...good, ...more });
  const quoted = (lineId: string, quote: string) => change({ evidence: [{ lineId, quote }] });

  const cases: ReadonlyArray<
    [name: string, offered: OfferedHypothesis, kept: number, removed: number]
  > = [
    ["literal quotes", good, 1, 0],
    ["an invented quote", quoted("L1", "диск сломан"), 0, 1],
    ["a quote of another line", quoted("L2", "диск заполнен"), 0, 1],
    ["a quote in another case", quoted("L2", "Write failed"), 0, 1],
    ["a line that is not there", quoted("L9", "write failed"), 0, 1],
    ["a quote at the shortest length", quoted("L2", "failed"), 1, 0],
    ["a quote below it", quoted("L2", "faile"), 0, 1],
    ["blanks for a quote", quoted("L2", "          "), 0, 1],
    ["no evidence", change({ evidence: [] }), 0, 0],
    ["a cluster that is not there", change({ clusterIds: ["C9"] }), 0, 0],
    ["an order against the times", change({ evidence: good.evidence.toReversed() }), 0, 0],
    [
      "one invented quote beside a true one",
      change({ evidence: [...good.evidence, { lineId: "L2", quote: "invented words" }] }),
      1,
      1,
    ],
  ];
  for (const [name, offered, kept, removed] of cases)
    it(`${kept === 1 ? "keeps" : "drops"} a hypothesis with ${name}`, () => {
      const checked = checkHypotheses([offered], shown);
      assert.equal(checked.kept.length, kept);
      assert.equal(checked.quotesRemoved, removed);
      assert.equal(checked.hypothesesRemoved, 1 - kept);
    });

  it("is never sure without a change shortly before", () => {
    assert.equal(checkHypotheses([good], shown).kept[0]?.confidence, "medium");
    assert.equal(
      checkHypotheses([good], { ...shown, hasChange: true }).kept[0]?.confidence,
      "high",
    );
  });
});
