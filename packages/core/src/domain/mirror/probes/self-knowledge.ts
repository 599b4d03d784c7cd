import type { Bilingual } from "@adyton/protocol";
import * as z from "zod";
import type { AskMessage } from "../../recursia/asking.ts";
import { canonical } from "../../recursia/canonical.ts";
import { jsonIn } from "../../recursia/prompts.ts";
import { type CheckOutcome, quoted, statusAbove } from "../check.ts";
import { type Probe, strictSchema, unanswered } from "./probe.ts";

/** What the model is asked about itself, in the words in which the node knows it. */
export const selfFields = ["mode", "overlays", "language", "limits", "last_event"] as const;
export type SelfField = (typeof selfFields)[number];
export type SelfFacts = Readonly<Record<SelfField, string>>;

/** Fields that may be wrong. */
export const selfThreshold = { warn: 1, fail: 3 } as const;

const sheetHead: Bilingual = {
  en: "Your state, as the node keeps it.",
  ru: "Твоё состояние, каким его хранит узел.",
};

export const selfQuestions: Bilingual = {
  en: "Say what you are at now. Copy each value from the state that the node gave you at the beginning, not from anything said since.",
  ru: "Скажи, каково твоё состояние. Каждое значение спиши из состояния, которое узел дал тебе в начале, а не из сказанного позже.",
};

/** The node's state put behind the core prompt of a copy of the context, and the question at its end. */
export function selfProbe(
  messages: readonly AskMessage[],
  facts: SelfFacts,
  language: keyof Bilingual,
): Probe {
  const lines = selfFields.map((field) => `${field}: ${facts[field]}`);
  const sheet = [sheetHead[language], ...lines].join("\n");
  const properties = Object.fromEntries(selfFields.map((field) => [field, { type: "string" }]));
  const [first, ...others] = messages;
  const told =
    first?.role === "system"
      ? [{ ...first, content: `${first.content}\n\n${sheet}` }, ...others]
      : [{ role: "system" as const, content: sheet }, ...messages];
  return { messages: told, schema: strictSchema("self", properties) };
}

const Said = z.record(z.string(), z.unknown());
/** Characters of a wrong value that are shown. */
const shownCharsMax = 60;

export interface SelfAnswer {
  readonly answer: string | undefined;
  readonly facts: SelfFacts;
}

/** What the model says of itself, held against what the node knows: k of n. */
export function selfOutcome(asked: SelfAnswer | undefined): CheckOutcome {
  if (asked?.answer === undefined) return unanswered;
  const { answer, facts } = asked;
  const parsed = Said.safeParse(jsonIn(answer));
  const said = parsed.success ? parsed.data : {};
  const wrong = selfFields.filter((field) => !isSame(said[field], facts[field]));
  const measured = { right: selfFields.length - wrong.length, of: selfFields.length, wrong };
  if (wrong.length === 0) return { status: "ok", measured };
  const names = (language: keyof Bilingual): string =>
    wrong.map((field) => `${fieldNames[field][language]} (${facts[field]})`).join(", ");
  return {
    status: statusAbove(wrong.length, selfThreshold),
    measured,
    evidence: wrong.map((field) => ({ ref: field, quote: shown(said[field]) })),
    title: {
      en: `The model is mistaken about itself: ${names("en")}.`,
      ru: `Модель ошибается о себе: ${names("ru")}.`,
    },
    fix: { command: "/new", reversible: false },
  };
}

function isSame(said: unknown, known: string): boolean {
  return (
    (typeof said === "string" || typeof said === "number") &&
    canonical(String(said)) === canonical(known)
  );
}

function shown(said: unknown): string {
  const text = typeof said === "string" || typeof said === "number" ? String(said) : "";
  return quoted(text.replaceAll(/\p{C}/gu, " "), shownCharsMax);
}

const fieldNames: Readonly<Record<SelfField, Bilingual>> = {
  mode: { en: "mode", ru: "режим" },
  overlays: { en: "number of intents", ru: "число намерений" },
  language: { en: "language", ru: "язык" },
  limits: { en: "limit", ru: "предел" },
  last_event: { en: "last event", ru: "последнее событие" },
};
