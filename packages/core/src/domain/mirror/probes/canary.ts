import type { Bilingual } from "@adyton/protocol";
import * as z from "zod";
import type { AskMessage } from "../../recursia/asking.ts";
import { jsonIn } from "../../recursia/prompts.ts";
import type { Language } from "../../search/terms.ts";
import { type CheckOutcome, statusAbove } from "../check.ts";
import { canaryWords } from "./canary-words.ts";
import { type Draw, type Probe, strictSchema, unanswered } from "./probe.ts";

/** Where the needles stand, in percent of the context's characters. */
export const canaryDepths = [10, 50, 90] as const;
type CanaryDepth = (typeof canaryDepths)[number];

/** A text that nobody could have said before, and the name it is asked for by. */
export interface Needle {
  readonly depth: CanaryDepth;
  readonly name: string;
  readonly value: string;
}

/** Per depth 1 where the needle was recalled letter for letter, else 0. */
export type Recall = Readonly<Record<CanaryDepth, 0 | 1>>;

/** Needles that may be missed. */
export const recallThreshold = { warn: 1, fail: 2 } as const;

const numberSpan = 9_000;
const numberLeast = 1_000;

/** A needle for each depth: a Russian word, an English word and a number, e.g. `маяк-ember-4821`. */
export function makeNeedles(draw: Draw): readonly Needle[] {
  const word = (words: readonly string[]): string => words[draw(words.length)] ?? "";
  return canaryDepths.map((depth, index) => ({
    depth,
    name: `canary_${"abc".charAt(index)}`,
    value: `${word(canaryWords.ru)}-${word(canaryWords.en)}-${numberLeast + draw(numberSpan)}`,
  }));
}

/** A copy of a context with each needle on a line of its own at its depth, at the white space before that place. */
function withNeedles(
  context: readonly AskMessage[],
  needles: readonly Needle[],
): readonly AskMessage[] {
  const total = context.reduce((sum, { content }) => sum + content.length, 0);
  let before = 0;
  return context.map((message, index) => {
    const start = before;
    before += message.content.length;
    const isLast = index === context.length - 1;
    const here = needles
      .map((needle) => ({ needle, at: Math.floor((total * needle.depth) / 100) - start }))
      .filter(({ at }) => at >= 0 && (at < message.content.length || (isLast && at >= 0)));
    return here.length === 0 ? message : { ...message, content: planted(message.content, here) };
  });
}

function planted(
  content: string,
  needles: ReadonlyArray<{ readonly needle: Needle; readonly at: number }>,
): string {
  let text = "";
  let from = 0;
  for (const { needle, at } of needles) {
    const place = breakBefore(content, Math.min(at, content.length), from);
    text += `${content.slice(from, place)}\n${needle.name}: ${needle.value}\n`;
    from = place;
  }
  return text + content.slice(from);
}

/** The place behind the last white space before `at`, so that no word and no character is cut in two. */
function breakBefore(content: string, at: number, from: number): number {
  for (let place = at; place > from; place -= 1)
    if (/\s/u.test(content.charAt(place - 1))) return place;
  return from;
}

export const canaryQuestions: Bilingual = {
  en: "Three notes named canary_a, canary_b and canary_c stand somewhere above, each on a line of its own. Copy the text of each, letter for letter. Leave a field empty where you do not find the note.",
  ru: "Где-то выше стоят три заметки с именами canary_a, canary_b и canary_c, каждая на своей строке. Спиши текст каждой буква в букву. Если заметки не находишь, оставь поле пустым.",
};

/** The name of the schema that the answer is held to. */
export const canarySchema = "canaries";

/** The question over a copy of the context. `messages` ends with the question itself. */
export function canaryProbe(messages: readonly AskMessage[], needles: readonly Needle[]): Probe {
  const context = messages.slice(0, -1);
  const properties = Object.fromEntries(needles.map(({ name }) => [name, { type: "string" }]));
  return {
    messages: [...withNeedles(context, needles), ...messages.slice(-1)],
    schema: strictSchema(canarySchema, properties),
  };
}

const Fields = z.record(z.string(), z.unknown());

/** Which needles an answer holds: the field of each equals it, or an answer without fields has it in its words. */
export function recallIn(answer: string, needles: readonly Needle[]): Recall {
  const fields = Fields.safeParse(jsonIn(answer));
  const recall: Record<CanaryDepth, 0 | 1> = { 10: 0, 50: 0, 90: 0 };
  for (const { depth, name, value } of needles) {
    const field = fields.success ? fields.data[name] : undefined;
    const isRecalled = fields.success
      ? typeof field === "string" && field.trim() === value
      : answer.includes(value);
    if (isRecalled) recall[depth] = 1;
  }
  return recall;
}

/**
 * Whether the model sees all of the context that it is sent (Liu et al., arXiv 2307.03172: what stands in the middle is
 * lost first). The needles stand in a copy; neither they nor the question become part of the conversation.
 */
export function recallOutcome(measured: Recall | undefined): CheckOutcome {
  if (measured === undefined) return unanswered;
  const missed = canaryDepths.filter((depth) => measured[depth] === 0);
  if (missed.length === 0) return { status: "ok", measured };
  return {
    status: statusAbove(missed.length, recallThreshold),
    measured,
    title: {
      en: `The model does not see what stands at ${list(missed, "en")} of the context.`,
      ru: `Модель не видит того, что стоит на ${list(missed, "ru")} контекста.`,
    },
    fix: { command: "/new", reversible: false },
  };
}

const list = (depths: readonly number[], language: Language): string =>
  depths.map((depth) => `${depth} %`).join({ en: " and ", ru: " и " }[language]);
