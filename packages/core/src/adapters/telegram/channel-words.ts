import type { Bilingual } from "@adyton/protocol";

/** What the bot itself says. */
export const channelWords = {
  unreadable: {
    en: "I can read text only for now.",
    ru: "Пока я понимаю только текст.",
  },
  /** What is asked about a message without words of its sender's. */
  askAbout: { en: "What is this? Say it briefly.", ru: "Что это? Скажи коротко." },
  welcome: {
    en: "You may speak here now. /help shows what I can do.",
    ru: "Теперь здесь можно говорить. /help покажет, что я умею.",
  },
  notAdmitted: {
    en: "You may not speak here any more.",
    ru: "Вам здесь больше не отвечают.",
  },
  stop: { en: "Stop", ru: "Стоп" },
  stopped: { en: "Stopped.", ru: "Остановлено." },
  nothingToStop: {
    en: "There is nothing of yours to stop here.",
    ru: "Здесь нечего останавливать: вашего ничего не идёт.",
  },
  oldButton: {
    en: "This button leads nowhere any more.",
    ru: "Эта кнопка больше ни к чему не ведёт.",
  },
  /** What stands in the way; absent before anything was tried. */
  closed: (trouble: Bilingual | undefined): Bilingual => ({
    en: `Telegram cannot be reached${trouble === undefined ? " yet" : `: ${trouble.en}`}.`,
    ru: `Telegram ${trouble === undefined ? "ещё не ответил" : `недоступен: ${trouble.ru}`}.`,
  }),
} as const;
