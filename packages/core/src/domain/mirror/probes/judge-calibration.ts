import type { Bilingual } from "@adyton/protocol";
import * as z from "zod";
import type { JudgeQuality } from "../../recursia/asking.ts";
import { isCalibrated, youdenMin } from "../../recursia/choose.ts";
import { jsonIn } from "../../recursia/prompts.ts";
import { calibrationBatches, type CalibrationItem } from "./calibration-items.ts";
import { type CheckOutcome, rounded } from "../check.ts";
import { type Probe, strictSchema, unanswered } from "./probe.ts";

export const judgeThreshold = { youdenMin } as const;

const verdict = { type: "string", enum: ["right", "wrong"] };

const instructions: Bilingual = {
  en: "Judge each answer: right, when it is correct by arithmetic or by its source; else wrong. Each is judged by itself.",
  ru: "Оцени каждый ответ: right, если он верен по арифметике или по своему источнику, иначе wrong. Каждый оценивается сам по себе.",
};
const labels = {
  en: { source: "Source", question: "Question", answer: "Answer" },
  ru: { source: "Источник", question: "Вопрос", answer: "Ответ" },
} as const;

export function calibrationProbe(batch: readonly CalibrationItem[]): Probe {
  const [first] = batch;
  const language = first?.language ?? "en";
  const { source, question, answer } = labels[language];
  const listed = batch.map((item, index) =>
    [
      `[q${index + 1}]`,
      ...(item.source === undefined ? [] : [`${source}: ${item.source}`]),
      `${question}: ${item.question}`,
      `${answer}: ${item.answer}`,
    ].join("\n"),
  );
  const properties = Object.fromEntries(batch.map((_, index) => [`q${index + 1}`, verdict]));
  return {
    messages: [{ role: "user", content: [instructions[language], ...listed].join("\n\n") }],
    schema: strictSchema("verdicts", properties),
  };
}

const Verdicts = z.record(z.string(), z.unknown());

/**
 * How a judge did: of the wrong answers the share it found, of the right ones the share it let pass. An item without a
 * verdict is neither found nor let pass.
 */
export function judgeQuality(answers: readonly string[]): JudgeQuality {
  const hits = { wrong: 0, right: 0 };
  const counts = { wrong: 0, right: 0 };
  for (const [index, batch] of calibrationBatches.entries()) {
    const parsed = Verdicts.safeParse(jsonIn(answers[index] ?? ""));
    for (const [place, { isRight }] of batch.entries()) {
      const truth = isRight ? "right" : "wrong";
      counts[truth] += 1;
      if (parsed.success && parsed.data[`q${place + 1}`] === truth) hits[truth] += 1;
    }
  }
  return { sensitivity: hits.wrong / counts.wrong, specificity: hits.right / counts.right };
}

/** What was measured of a judge, and whether RECURSIA may let it choose. `undefined`: a batch had no answer. */
export function judgeOutcome(quality: JudgeQuality | undefined): CheckOutcome {
  if (quality === undefined) return unanswered;
  const { sensitivity, specificity } = quality;
  const isUnlocked = isCalibrated(quality);
  const measured = {
    youden: rounded(sensitivity + specificity - 1),
    sensitivity: rounded(sensitivity),
    specificity: rounded(specificity),
    items: calibrationBatches.flat().length,
    isUnlocked,
  };
  if (isUnlocked) return { status: "ok", measured };
  const [found, passed] = [percent(sensitivity), percent(specificity)];
  return {
    status: "warn",
    measured,
    title: {
      en: `As a judge the model finds ${found} of wrong answers and lets ${passed} of right ones pass: RECURSIA does not let it choose between drafts.`,
      ru: `Как судья модель находит ${found} неверных ответов и пропускает ${passed} верных: RECURSIA не даёт ей выбирать между вариантами.`,
    },
  };
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
