import type { Bilingual } from "@adyton/protocol";

/** A mode: a versioned execution policy, not a prompt. */
export interface ModeSpec {
  readonly id: string;
  readonly version: string;
  readonly aliases: readonly string[];
  readonly controller: "model" | "extractive";
  readonly summary: Bilingual;
}

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
