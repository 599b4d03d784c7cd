import type { Bilingual } from "@adyton/protocol";

/**
 * What users are told about a model server that fails: what happened and what to do, in the node's languages. No
 * address, no key and no word of the server's own.
 */
export const failureWords = {
  overflow: {
    en: "The message and what it needs are longer than the model's window; shorten it or start a new conversation.",
    ru: "Сообщение и всё, что ему нужно, длиннее окна модели; сократите его или начните новую беседу.",
  },
  busy: {
    en: "The model server is busy; try again in a moment.",
    ru: "Сервер модели занят; попробуйте чуть позже.",
  },
  loading: {
    en: "The model server is not ready, it may be loading its model; try again in a moment.",
    ru: "Сервер модели ещё не готов, возможно, он загружает модель; попробуйте чуть позже.",
  },
  failed: (status: number): Bilingual => ({
    en: `The model server failed (status ${status}); its log says why.`,
    ru: `Сервер модели ответил ошибкой (статус ${status}); причина в его журнале.`,
  }),
  keyRefused: (status: number): Bilingual => ({
    en: `The model server refuses the node's key (status ${status}); check api_key_file.`,
    ru: `Сервер модели не принимает ключ узла (статус ${status}); проверьте api_key_file.`,
  }),
  unknownRoute: {
    en: "The model server does not know the model or the route (status 404); check model and url.",
    ru: "Сервер модели не знает этой модели или адреса (статус 404); проверьте model и url.",
  },
  redirect: (status: number): Bilingual => ({
    en: `The model server's url answers with a redirect (status ${status}), which is not followed; set the final url.`,
    ru: `По url сервера модели — перенаправление (статус ${status}), узел по нему не идёт; укажите конечный url.`,
  }),
  refused: (status: number): Bilingual => ({
    en: `The model server refuses this request (status ${status}); its log says why.`,
    ru: `Сервер модели отклонил этот запрос (статус ${status}); причина в его журнале.`,
  }),
  noImages: {
    en: "The model takes no pictures; send text alone, or load a model that sees.",
    ru: "Модель не принимает изображений; отправьте только текст или загрузите модель, которая их видит.",
  },
  noEmbeddingModel: {
    en: "The model server has no embedding model; load one there.",
    ru: "На сервере модели нет модели для векторов (embedding); загрузите её там.",
  },
  badVectors: {
    en: "The model server answered with no usable vectors; check its embedding model.",
    ru: "Сервер модели не дал пригодных векторов; проверьте его модель для векторов.",
  },
  unknownModel: (model: string, existing: string, more: number): Bilingual => ({
    en:
      `The model server does not have the model ${model}; it has ${existing}` +
      `${more > 0 ? ` and ${more} more` : ""}. Set model to one of them.`,
    ru:
      `На сервере нет модели ${model}; есть ${existing}` +
      `${more > 0 ? ` и ещё ${more}` : ""}. Укажите в model одну из них.`,
  }),
  noModels: {
    en: "The model server does not answer with its models; check that it runs.",
    ru: "Сервер модели не отвечает списком моделей; проверьте, что он запущен.",
  },
  noChatModel: {
    en: "The model server has no chat model; load one, or set model.",
    ru: "На сервере нет модели для беседы; загрузите её или укажите model.",
  },
  unreachable: {
    en: "The model server accepts no connection; check that it runs.",
    ru: "Сервер модели не принимает соединений; проверьте, что он запущен.",
  },
  reset: {
    en: "The model server closed the connection without an answer; check its log and try again.",
    ru: "Сервер модели закрыл соединение без ответа; посмотрите его журнал и попробуйте снова.",
  },
  notHttp: {
    en: "What answers at the model server's url is not HTTP; check url.",
    ru: "По url сервера модели отвечает не HTTP; проверьте url.",
  },
  tls: {
    en: "The model server's url asks for TLS, which fails; check url and the server's certificate.",
    ru: "По url сервера модели нужен TLS, и он не удаётся; проверьте url и сертификат сервера.",
  },
  webPage: {
    en: "The model server's url answers with a web page instead of a model; check url.",
    ru: "По url сервера модели отвечает веб-страница, а не модель; проверьте url.",
  },
  unreadable: {
    en: "The model server sent an answer that cannot be read; its log may say why.",
    ru: "Сервер модели прислал ответ, который нельзя прочесть; причина может быть в его журнале.",
  },
  withoutText: {
    en: "The model server sent an answer without a text; its log may say why.",
    ru: "Сервер модели прислал ответ без текста; причина может быть в его журнале.",
  },
  endedEarly: {
    en: "The model server ended its answer before the first word; its log may say why.",
    ru: "Сервер модели закончил ответ до первого слова; причина может быть в его журнале.",
  },
  tooLarge: {
    en: "The model server's answer is larger than the node takes; ask for less.",
    ru: "Ответ сервера модели больше, чем принимает узел; попросите о меньшем.",
  },
  usedUp: {
    en: "The model used up its answer before it wrote any text; allow a longer answer or ask for less.",
    ru: "Модель исчерпала ответ, не написав текста; разрешите ответ подлиннее или попросите о меньшем.",
  },
  nothingWritten: {
    en: "The model ended without writing anything; ask again or in other words.",
    ru: "Модель ничего не написала; спросите снова или другими словами.",
  },
  silent: {
    en: "The model server took the question and then fell silent, and three checks in a row found no sign of life; restart it or try again.",
    ru: "Сервер модели принял вопрос и замолчал, и три проверки подряд не нашли признаков жизни; перезапустите его или попробуйте снова.",
  },
  stuck: {
    en: "The model server took the question and then fell silent, although it lives; its log may say why.",
    ru: "Сервер модели принял вопрос и замолчал, хотя и отвечает на проверки; причина может быть в его журнале.",
  },
  tooSlow: (seconds: number): Bilingual => ({
    en: `The answer was not complete after ${seconds} seconds and was stopped; ask for less.`,
    ru: `Ответ не был готов через ${seconds} с и остановлен; попросите о меньшем.`,
  }),
  cancelled: { en: "The request was cancelled.", ru: "Запрос отменён." },
} as const;
