import type { Bilingual } from "@adyton/protocol";

/** A mode: a versioned execution policy, not a prompt. */
export interface ModeSpec {
  readonly id: string;
  readonly version: string;
  readonly aliases: readonly string[];
  readonly controller: "model" | "extractive" | "recursia" | "rag";
  /** What one run may use at most, beside the turn's own time. */
  readonly budget?: {
    readonly calls: number;
    readonly tokens: number;
    readonly wallMs: number;
  };
  /** How many passages of memory a run reads. */
  readonly passages?: number;
  readonly summary: Bilingual;
}

/** What a run of RECURSIA may use unless the configuration says otherwise. */
export const recursiaBudget = { calls: 8, tokens: 12_000, wallMs: 90_000 } as const;

/** Every mode of the node. */
export const modes: readonly ModeSpec[] = [
  {
    id: "DIRECT",
    version: "1",
    aliases: ["default"],
    controller: "model",
    summary: {
      en: "One answer of the model, with the conversation so far.",
      ru: "Один ответ модели с учётом беседы.",
    },
  },
  {
    id: "EXTRACTIVE",
    version: "1",
    aliases: ["quotes"],
    controller: "extractive",
    summary: {
      en: "Quotes from memory with their sources; no model.",
      ru: "Цитаты из памяти с источниками; без модели.",
    },
  },
  {
    id: "RAG",
    version: "1",
    aliases: ["memory"],
    controller: "rag",
    budget: { calls: 2, tokens: 12_000, wallMs: 90_000 },
    passages: 5,
    summary: {
      en: "The model answers from memory alone, every quotation checked, or memory has no answer.",
      ru: "Модель отвечает только по памяти, каждая цитата проверена, или ответа в памяти нет.",
    },
  },
  {
    id: "RECURSIA",
    version: "1",
    aliases: ["think"],
    controller: "recursia",
    budget: recursiaBudget,
    passages: 4,
    summary: {
      en: "A first answer, checked by code, votes and sources, and replaced only by a better one.",
      ru: "Первый ответ проверяют программа, голоса и источники; заменяет его только лучший.",
    },
  },
];

/** Finds a mode by its name or an alias, in any case. */
export function findMode(name: string): ModeSpec | undefined {
  const wanted = name.toLowerCase();
  return modes.find((mode) => mode.id.toLowerCase() === wanted || mode.aliases.includes(wanted));
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
