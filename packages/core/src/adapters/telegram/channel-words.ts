import type { Bilingual } from "@adyton/protocol";

/** What the bot itself says. */
export const channelWords = {
  unreadable: {
    en: "I can read text only for now.",
    ru: "Пока я понимаю только текст.",
  },
  welcome: {
    en: "You may speak here now. /help shows what I can do.",
    ru: "Теперь здесь можно говорить. /help покажет, что я умею.",
  },
  notAdmitted: {
    en: "You may not speak here any more.",
    ru: "Вам здесь больше не отвечают.",
  },
  closed: (failure: string): Bilingual => ({
    en: `Telegram cannot be reached${failure === "" ? " yet" : `: ${failure}`}.`,
    ru: `Telegram ${failure === "" ? "ещё не ответил" : `недоступен: ${failure}`}.`,
  }),
} as const;
