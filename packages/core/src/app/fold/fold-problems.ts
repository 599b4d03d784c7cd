import type { Bilingual } from "@adyton/protocol";
import type { LogText } from "../../ports/logs.ts";

const listed = (names: readonly string[]): string => names.join(", ");

const reasons: Readonly<Record<(LogText & { kind: "unreadable" })["reason"], Bilingual>> = {
  missing: { en: "the file is not there", ru: "файла нет" },
  not_allowed: {
    en: "the node may not read the file",
    ru: "узлу не разрешено читать файл",
  },
  not_a_file: { en: "it is not a plain file", ru: "это не обычный файл" },
  failed: { en: "the file could not be read", ru: "файл не удалось прочитать" },
};

/** Why nothing was folded, and what to do. No path: whoever may fold a log need not know where it lies. */
export const foldProblems = {
  ownLog: (names: readonly string[]): Bilingual => ({
    en:
      "The node's own log needs a token with the grant admin. Hand in the lines with the command" +
      (names.length === 0 ? "." : `, or name a registered log: ${listed(names)}.`),
    ru:
      "Для собственного журнала узла нужен токен с правом admin. Пришлите строки вместе с командой" +
      (names.length === 0 ? "." : ` или назовите зарегистрированный журнал: ${listed(names)}.`),
  }),
  noSuchLog: (name: string, names: readonly string[]): Bilingual => ({
    en: `No log ${JSON.stringify(name)} is registered. Registered: ${listed(["node", ...names])}. Others are added under logs in adyton.yaml.`,
    ru: `Журнал ${JSON.stringify(name)} не зарегистрирован. Есть: ${listed(["node", ...names])}. Другие добавляются в adyton.yaml, раздел logs.`,
  }),
  unreadable: (name: string, reason: keyof typeof reasons): Bilingual => ({
    en: `The log ${name} cannot be read: ${reasons[reason].en}.`,
    ru: `Журнал ${name} прочитать нельзя: ${reasons[reason].ru}.`,
  }),
  fewToMerge: {
    en: "Name two fingerprints or more to merge, or one to split. A report of fold_error has them.",
    ru: "Назовите два отпечатка или больше, чтобы соединить, или один, чтобы разобрать. Они есть в отчёте fold_error.",
  },
  noSuchCluster: (start: string): Bilingual => ({
    en: `No cluster ${start} is remembered of this log.`,
    ru: `В этом журнале не помнится группы ${start}.`,
  }),
  manyClusters: (start: string): Bilingual => ({
    en: `Several clusters of this log begin with ${start}: give more of the fingerprint.`,
    ru: `С ${start} начинаются несколько групп этого журнала: укажите больше знаков отпечатка.`,
  }),
  badWindow: {
    en: "The window is a whole number with s, m, h or d, such as 15m, and at most 7d.",
    ru: "Окно — целое число с s, m, h или d, например 15m, не больше 7d.",
  },
} as const;
