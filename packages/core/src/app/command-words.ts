import type { Bilingual } from "@adyton/protocol";

type Say = (what: string, left?: number | string) => string;

/** What the node says about a command. Counts follow a colon, so that no language needs its plural forms. */
export const words = {
  modes: {
    en: (names) => `Others: ${names}. To switch: /mode NAME`,
    ru: (names) => `Другие: ${names}. Переключить: /mode ИМЯ`,
  },
  nodeMode: {
    en: (mode, until) => `Mode of the node: ${mode}, until ${clockTime(until)}.`,
    ru: (mode, until) => `Режим узла: ${mode}, до ${clockTime(until)}.`,
  },
  nothingToRestore: {
    en: (mode) => `The node has no switched mode to restore; it is in ${mode}.`,
    ru: (mode) => `У узла нет переключённого режима, отменять нечего; его режим: ${mode}.`,
  },
  mode: {
    en: (mode, turnsLeft) =>
      `Mode: ${mode}${turnsLeft === undefined ? "" : `; turns left: ${turnsLeft}`}.`,
    ru: (mode, turnsLeft) =>
      `Режим: ${mode}${turnsLeft === undefined ? "" : `; осталось ходов: ${turnsLeft}`}.`,
  },
  inserted: {
    en: (turnsLeft) => `Inserted; turns left: ${turnsLeft}.`,
    ru: (turnsLeft) => `Вставлено; осталось ходов: ${turnsLeft}.`,
  },
  stopped: {
    en: (runs) => `Cancelled: ${runs}.`,
    ru: (runs) => `Отменено: ${runs}.`,
  },
  nothingRan: {
    en: () => "Nothing was running.",
    ru: () => "Ничего не выполнялось.",
  },
  afresh: {
    en: () =>
      "The conversation starts afresh: what was said, its mode and its intents no longer hold.",
    ru: () => "Беседа начата заново: прежние слова, режим и намерения больше не действуют.",
  },
} as const satisfies Record<string, Readonly<Record<keyof Bilingual, Say>>>;

/** A time as this machine's clock shows it: `2026-11-20 23:59:58`, the Swedish way of writing it. */
function clockTime(iso: unknown): string {
  return new Date(String(iso)).toLocaleString("sv-SE");
}
