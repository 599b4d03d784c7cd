import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { languageOf } from "../../search/terms.ts";
import { calibrationBatches, type CalibrationItem } from "./calibration-items.ts";
import { calibrationProbe, judgeOutcome, judgeQuality } from "./judge-calibration.ts";

const items = calibrationBatches.flat();

/** The answers of a judge who gives each item a verdict. */
const judged = (verdict: (item: CalibrationItem) => string | undefined): string[] =>
  calibrationBatches.map((batch) =>
    JSON.stringify(Object.fromEntries(batch.map((item, at) => [`q${at + 1}`, verdict(item)]))),
  );

describe("the shipped items", () => {
  it("are forty: twenty right and twenty wrong answers, half of each in each language", () => {
    for (const language of ["en", "ru"] as const)
      for (const isRight of [true, false])
        assert.equal(
          items.filter((item) => item.language === language && item.isRight === isRight).length,
          10,
        );
    assert.equal(items.length, 40);
  });

  it("are each told once in a batch, in the batch's language, with no sign of what is right", () => {
    for (const batch of calibrationBatches) {
      const [{ language } = { language: "en" }] = batch;
      assert.equal(new Set(batch.map(({ question }) => question)).size, batch.length);
      assert.equal(batch.filter(({ isRight }) => isRight).length, batch.length / 2);
      const [asked] = calibrationProbe(batch).messages;
      for (const item of batch) {
        assert.equal(languageOf(item.question), language);
        assert.ok(asked?.content.includes(item.question) && asked.content.includes(item.answer));
      }
    }
  });

  it("pair each question with a right and a wrong answer", () => {
    for (const [question, both] of Map.groupBy(items, (item) => item.question)) {
      assert.equal(both.filter(({ isRight }) => isRight).length, 1, question);
      assert.equal(both.length, 2, question);
      assert.equal(new Set(both.map(({ answer }) => answer)).size, 2, question);
    }
  });
});

describe("a judge", () => {
  const right = ({ isRight }: CalibrationItem): string => (isRight ? "right" : "wrong");
  const cases: readonly (readonly [string, string[], number, number, boolean])[] = [
    ["that knows", judged(right), 1, 1, true],
    ["that approves everything", judged(() => "right"), 0, 1, false],
    ["that rejects everything", judged(() => "wrong"), 1, 0, false],
    [
      "that says the opposite",
      judged((item) => right({ ...item, isRight: !item.isRight })),
      0,
      0,
      false,
    ],
    ["that gives no verdict", judged(() => undefined), 0, 0, false],
    [
      "whose answers are no JSON",
      calibrationBatches.map(() => "All fine. Всё верно."),
      0,
      0,
      false,
    ],
  ];
  for (const [name, answers, sensitivity, specificity, isUnlocked] of cases)
    it(`${name} has sensitivity ${sensitivity} and specificity ${specificity}`, () => {
      const quality = judgeQuality(answers);
      assert.deepEqual(quality, { sensitivity, specificity });
      const { status, title } = judgeOutcome(quality);
      assert.deepEqual([status, title === undefined], isUnlocked ? ["ok", true] : ["warn", false]);
    });

  it("is unlocked at a J of 0.7 and locked below it", () => {
    const table: readonly (readonly [number, number, boolean])[] = [
      [0.85, 0.85, true],
      [0.7, 1, true],
      [1, 0.7, true],
      [0.8, 0.85, false],
      [0.65, 1, false],
    ];
    for (const [sensitivity, specificity, isUnlocked] of table)
      assert.equal(
        judgeOutcome({ sensitivity, specificity }).status,
        isUnlocked ? "ok" : "warn",
        `${sensitivity} ${specificity}`,
      );
  });

  it("that was not asked to the end is not measured", () => {
    assert.equal(judgeOutcome(undefined).status, "skipped");
  });
});
