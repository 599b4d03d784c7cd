import type { Bilingual } from "@adyton/protocol";

/** What the bot itself says. */
export const channelWords = {
  unreadable: {
    en: "I cannot look at that. I read text, documents, pictures and places.",
    ru: "Этого я посмотреть не могу. Я понимаю текст, документы, картинки и места.",
  },
  /** What is asked about a message without words of its sender's. */
  askAbout: { en: "What is this? Say it briefly.", ru: "Что это? Скажи коротко." },
  welcome: {
    en: "You may speak here now. /help shows what I can do.",
    ru: "Теперь здесь можно говорить. /help покажет, что я умею.",
  },
  needlessCode: {
    en: "This code lets somebody else in: you may speak here already. It is still good.",
    ru: "Этот код впустит кого-то другого: вам здесь уже отвечают. Он по-прежнему действует.",
  },
  tooMuchWaits: {
    en: "Too much of yours waits here already; send it again in a while.",
    ru: "Здесь уже слишком много ждёт; отправьте чуть позже ещё раз.",
  },
  refused: {
    en: "Telegram refuses the text that belongs here.",
    ru: "Телеграм не принимает текст, который должен стоять здесь.",
  },
  /** Under an answer that the model server broke off. */
  cut: {
    en: "(The model server broke off; this is what arrived.)",
    ru: "(Сервер модели оборвал ответ; это то, что пришло.)",
  },
  /** Under an answer for which there was no more room. */
  length: {
    en: "(The answer ended at its token limit.)",
    ru: "(Ответ закончился на пределе токенов.)",
  },
  stop: { en: "Stop", ru: "Стоп" },
  stopped: { en: "Stopped.", ru: "Остановлено." },
  nothingToStop: {
    en: "There is nothing of yours to stop here.",
    ru: "Здесь нечего останавливать: вашего ничего не идёт.",
  },
  othersButton: {
    en: "This button is for whoever asked.",
    ru: "Эта кнопка — для того, кто спрашивал.",
  },
  forget: {
    last: { en: "The last answer", ru: "Последнее" },
    conversation: { en: "This conversation", ru: "Эту беседу" },
    all: { en: "Everything of mine", ru: "Всё моё" },
    erase: { en: "Erase", ru: "Стереть" },
    keep: { en: "Keep it", ru: "Оставить" },
  },
  greeting: {
    en: `This is Adyton: a language model that runs on its owner's own machine, not in a cloud.

Just write to me. What also works:
/help — everything I can do
/mode — how I answer
/rethink — think the last answer over
/new — start afresh
/forget — erase what was said

Telegram can read what passes here; so do not send me passwords.`,
    ru: `Это Adyton: языковая модель на собственной машине владельца, а не в облаке.

Просто напишите мне. Ещё можно:
/help — всё, что я умею
/mode — как я отвечаю
/rethink — обдумать последний ответ заново
/new — начать заново
/forget — стереть сказанное

Телеграм может прочесть то, что здесь пишут: не присылайте мне паролей.`,
  },
  /** Before a question that was edited after its answer had begun; the model reads it too. */
  edited: {
    en: "(I have edited this message.)",
    ru: "(Это сообщение исправлено.)",
  },
  oldButton: {
    en: "This button leads nowhere any more.",
    ru: "Эта кнопка больше ни к чему не ведёт.",
  },
  /** Telegram gives a group another number when it becomes a supergroup, which groups with topics and long histories are. */
  groupMoved: (from: number, to: number): Bilingual => ({
    en: `Telegram made the group ${from} a supergroup, whose number is ${to}. I am silent there until telegram.groups has ${to} in place of ${from} and the node has started anew.`,
    ru: `Телеграм сделал группу ${from} супергруппой, её номер теперь ${to}. Я молчу в ней, пока в telegram.groups вместо ${from} не стоит ${to} и узел не запущен заново.`,
  }),
  passedOver: {
    en: "I could not take one message to me and passed it over. The log of the node has its number.",
    ru: "Одно сообщение мне я принять не смог и пропустил. Его номер есть в журнале узла.",
  },
  /** What stands in the way; absent before anything was tried. */
  closed: (trouble: Bilingual | undefined): Bilingual => ({
    en: `Telegram cannot be reached${trouble === undefined ? " yet" : `: ${trouble.en}`}.`,
    ru: `Telegram ${trouble === undefined ? "ещё не ответил" : `недоступен: ${trouble.ru}`}.`,
  }),
  someChatsWait: {
    en: "Telegram asks to wait before more is sent to some chats; answers there come later.",
    ru: "Telegram просит подождать с отправкой в некоторые чаты; ответы туда придут позже.",
  },
} as const;

/** The language of somebody's app, where it is one of the node's two; else the node's own. */
export function languageOf(
  appLanguage: string | undefined,
  otherwise: keyof Bilingual,
): keyof Bilingual {
  const [tongue] = (appLanguage ?? "").split("-");
  return tongue === "ru" || tongue === "en" ? tongue : otherwise;
}
