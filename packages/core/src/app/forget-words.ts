import type { Bilingual, ForgetCounts, ForgetPreview, HeldCopy } from "@adyton/protocol";

const kinds: Readonly<Record<keyof ForgetCounts, Bilingual>> = {
  documents: { en: "documents", ru: "документов" },
  facts: { en: "facts", ru: "фактов" },
  blocks: { en: "blocks", ru: "блоков" },
  questions: { en: "questions", ru: "вопросов" },
  answers: { en: "answers", ru: "ответов" },
  steps: { en: "steps of traces", ru: "шагов рассуждений" },
  intents: { en: "intents", ru: "намерений" },
  events: { en: "events", ru: "событий" },
  others: { en: "others", ru: "прочего" },
};

const counted = (counts: ForgetCounts, language: keyof Bilingual): string =>
  Object.entries(kinds)
    .map(([kind, name]) => [name[language], Reflect.get(counts, kind)] as const)
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => `${name}: ${String(count)}`)
    .join(", ");

interface Words {
  readonly how: string;
  readonly kept: string;
  shown(preview: ForgetPreview): string;
  done(residueBytes: number | null, backups: readonly HeldCopy[]): string;
}

const copies = (backups: readonly HeldCopy[]): string =>
  backups
    .map(({ name, made }) => `\n- ${name} (${made.slice(0, 16).replace("T", " ")} UTC)`)
    .join("");

/** What `/forget` says. Counts follow a colon, so that no language needs its plural forms. */
export const forgetWords: Readonly<Record<keyof Bilingual, Words>> = {
  en: {
    how: "Say what: /forget last (your last question and its answer), /forget conversation, /forget all (everything of yours). You are shown what would go; /forget yes erases it.",
    kept: "Nothing was erased.",
    shown: (preview) =>
      `This would be erased for good: ${counted(preview.counts, "en")}.` +
      (preview.underWay > 0 ? ` Turns under way that are stopped: ${preview.underWay}.` : "") +
      (preview.elsewhere > 0
        ? ` Said elsewhere in the same words, and kept: ${preview.elsewhere}.`
        : "") +
      " /forget yes erases it; the offer holds for ten minutes.",
    done: (residueBytes, backups) =>
      `Forgotten. Bytes of it left in the files: ${residueBytes ?? "not measured"}.` +
      (backups.length > 0 ? ` Older backups still hold it:${copies(backups)}` : ""),
  },
  ru: {
    how: "Скажите, что забыть: /forget последнее (ваш последний вопрос с ответом), /forget беседу, /forget всё (всё ваше). Сначала будет показано, что исчезнет; /forget да сотрёт это.",
    kept: "Ничего не стёрто.",
    shown: (preview) =>
      `Будет стёрто навсегда: ${counted(preview.counts, "ru")}.` +
      (preview.underWay > 0 ? ` Будет прервано идущих ответов: ${preview.underWay}.` : "") +
      (preview.elsewhere > 0
        ? ` Сказано теми же словами в другом месте и останется: ${preview.elsewhere}.`
        : "") +
      " Сотрёт это /forget да; предложение действует десять минут.",
    done: (residueBytes, backups) =>
      `Забыто. Байт этого осталось в файлах: ${residueBytes ?? "не измерено"}.` +
      (backups.length > 0 ? ` Прежние резервные копии ещё хранят это:${copies(backups)}` : ""),
  },
};
