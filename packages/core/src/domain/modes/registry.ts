import { type Tier, tiers } from "@adyton/protocol";
import type { ModeBudget, ModeSpec } from "./mode-spec.ts";

/** What a run of RECURSIA may use unless the configuration says otherwise. */
export const recursiaBudget = { calls: 8, tokens: 12_000, wallMs: 90_000 } as const;
/** The same of RAG: an answer, and one more where quotations do not stand. */
export const ragBudget = { calls: 2, tokens: 12_000, wallMs: 90_000 } as const;
export const recursiaPassages = 4;
export const ragPassages = 5;

const common = { version: "1", isOwn: false, minTier: "external", clientTools: false } as const;

/** Modes in which each message runs a command that reports. */
const reportModes: readonly ModeSpec[] = [
  {
    ...common,
    id: "ECHO",
    aliases: ["pulse"],
    controller: "command",
    command: "echo_pulse",
    summary: {
      en: "Each message has the node check what it tells the model: echo_pulse.",
      ru: "На каждое сообщение узел проверяет, что он сообщает модели: echo_pulse.",
    },
  },
  {
    ...common,
    id: "MIRROR",
    aliases: [],
    controller: "command",
    command: "mirror_self",
    summary: {
      en: "Each message has the node measure itself and the model: mirror_self.",
      ru: "На каждое сообщение узел измеряет себя и модель: mirror_self.",
    },
  },
  {
    ...common,
    id: "FOLD",
    aliases: ["error-fold", "error_fold"],
    controller: "command",
    command: "fold_error",
    summary: {
      en: "Each message is a log, or names one, and is folded: fold_error.",
      ru: "Каждое сообщение — журнал ошибок или его имя; он сворачивается: fold_error.",
    },
  },
];

/** The modes a node has by itself, where a run of RECURSIA may use so much. */
export function builtInModes(recursia: Required<ModeBudget> = recursiaBudget): ModeSpec[] {
  return [
    {
      ...common,
      id: "DIRECT",
      aliases: ["default"],
      controller: "model",
      clientTools: true,
      summary: {
        en: "One answer of the model, with the conversation so far.",
        ru: "Один ответ модели с учётом беседы.",
      },
    },
    {
      ...common,
      id: "EXTRACTIVE",
      aliases: ["quotes"],
      controller: "extractive",
      summary: {
        en: "Quotes from memory with their sources; no model.",
        ru: "Цитаты из памяти с источниками; без модели.",
      },
    },
    {
      ...common,
      id: "RAG",
      aliases: ["memory"],
      controller: "rag",
      budget: ragBudget,
      retrieval: { k: ragPassages, sources: [] },
      summary: {
        en: "The model answers from memory alone, every quotation checked, or memory has no answer.",
        ru: "Модель отвечает только по памяти, каждая цитата проверена, или ответа в памяти нет.",
      },
    },
    {
      ...common,
      id: "RECURSIA",
      aliases: ["think"],
      controller: "recursia",
      clientTools: true,
      budget: recursia,
      retrieval: { k: recursiaPassages, sources: [] },
      summary: {
        en: "A first answer, checked by code, votes and sources, and replaced only by a better one.",
        ru: "Первый ответ проверяют программа, голоса и источники; заменяет его только лучший.",
      },
    },
    ...reportModes,
  ];
}

/** Every mode of a node: its own and those its owner defined. */
export class Modes {
  readonly all: readonly ModeSpec[];
  readonly #byName = new Map<string, ModeSpec>();

  /** Names and aliases must differ, in any case; who reads them from files has checked that. */
  constructor(all: readonly ModeSpec[]) {
    this.all = all;
    for (const mode of all)
      for (const name of [mode.id.toLowerCase(), ...mode.aliases]) this.#byName.set(name, mode);
  }

  /** Finds a mode by its name or an alias, in any case. */
  find(name: string): ModeSpec | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** The modes that a caller of this tier may use. */
  usableBy(tier: Tier): readonly ModeSpec[] {
    return this.all.filter((mode) => mayUse(mode, tier));
  }
}

/** Whether a tier is trusted enough for a mode. */
export function mayUse({ minTier }: ModeSpec, tier: Tier): boolean {
  return tiers.indexOf(tier) <= tiers.indexOf(minTier);
}

/**
 * Milliseconds that a turn may take. A controller that asks several times keeps to its budget and gives what it has; of
 * one that asks once the budget bounds the turn.
 */
export function turnWallMs({ controller, budget }: ModeSpec, wallMs: number): number {
  return controller === "model" ? Math.min(wallMs, budget?.wallMs ?? wallMs) : wallMs;
}

/** What a conversation's stored mode comes to. */
export interface StoredMode {
  readonly mode: string | null;
  readonly turns: number;
  readonly modeUntilTurn: number | null;
  readonly modeUntilMs: number | null;
}

/** Whether a switched mode still holds: neither its turns nor its time are over. */
export function modeHolds(stored: StoredMode, nowMs: number): boolean {
  return (
    stored.mode !== null &&
    (stored.modeUntilTurn === null || stored.turns < stored.modeUntilTurn) &&
    (stored.modeUntilMs === null || nowMs < stored.modeUntilMs)
  );
}
