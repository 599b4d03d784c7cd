import {
  type Bilingual,
  conversationQueueMax,
  documentTextBytesMax,
  nodeQueueMax,
  overlaysActiveMax,
  principalQueueMax,
} from "@adyton/protocol";

/** What was wrong and what to do next, of the problems that a person meets while talking, in the node's languages. */
export const problemWords = {
  unknownMode: (name: string, modes: string): Bilingual => ({
    en: `There is no mode ${JSON.stringify(name)}. Modes: ${modes}.`,
    ru: `Режима ${JSON.stringify(name)} нет. Режимы: ${modes}.`,
  }),
  unknownModel: (name: string, known: string): Bilingual => ({
    en: `There is no model ${JSON.stringify(name)}. Models: ${known}.`,
    ru: `Модели ${JSON.stringify(name)} нет. Модели: ${known}.`,
  }),
  documentTooLarge: {
    en: `A document has at most ${documentTextBytesMax} bytes; split this one.`,
    ru: `В документе может быть не больше ${documentTextBytesMax} байт; разделите этот.`,
  },
  embeddingNeeded: {
    en: "No embedding model is connected: load one on the model server, such as nomic-embed-text.",
    ru: "Модель для векторов (embedding) не подключена: загрузите её на сервере модели, например nomic-embed-text.",
  },
  embeddingsFull: {
    en: "Too many texts are being turned into vectors.",
    ru: "Слишком много текстов уже переводится в векторы.",
  },
  noSuchResponse: {
    en: "There is no such response of yours that can be continued: it has no answer, or was not stored. Send the whole input.",
    ru: "Такого ответа, который можно продолжить, у вас нет: он не получен или не сохранён. Пришлите весь ввод.",
  },
  chainTooLong: {
    en: "Too many responses follow each other; begin a new one with the input that matters.",
    ru: "Слишком длинная цепочка ответов; начните новую с нужным вводом.",
  },
  answerTakenBack: {
    en: "The model server failed in the middle of the answer, and another begins anew; ask again.",
    ru: "Сервер модели отказал посреди ответа, и другой начинает заново; спросите снова.",
  },
  noAnswerYet: {
    en: "There is no answer in this conversation that could be thought over: ask something first.",
    ru: "В этой беседе нет ответа, который можно обдумать заново: сначала спросите что-нибудь.",
  },
  rethinkingAlready: {
    en: "An answer of this conversation is being thought over already; /stop ends that.",
    ru: "Ответ этой беседы уже обдумывается; прервать: /stop.",
  },
  unknownCommand: (name: string): Bilingual => ({
    en: `There is no command ${JSON.stringify(name)}; /help lists those there are.`,
    ru: `Команды ${JSON.stringify(name)} нет; /help покажет, какие есть.`,
  }),
  tierNeeded: (mode: string, tier: string): Bilingual => ({
    en: `Mode ${mode} is for callers of the tier ${tier} and above.`,
    ru: `Режим ${mode} доступен с уровня ${tier} и выше.`,
  }),
  outputUnfit: (mode: string, faults: string): Bilingual => ({
    en: `The model's answer does not have the form that mode ${mode} demands, also when it was told so. ${faults}`,
    ru: `Ответ модели не той формы, которой требует режим ${mode}, и после указания на это. ${faults}`,
  }),
  tooOften: (command: string, times: number, seconds: number): Bilingual => ({
    en: `${command} may be used ${times} times in ${seconds} s.`,
    ru: `Команду ${command} можно использовать не чаще ${times} раз за ${seconds} с.`,
  }),
  grantNeeded: (grant: string): Bilingual => ({
    en: `This needs a token with the grant ${grant}.`,
    ru: `Для этого нужен токен с правом ${grant}.`,
  }),
  tooManyIntents: {
    en: `${overlaysActiveMax} intents hold already; remove one, or wait until one is over.`,
    ru: `Уже действует намерений: ${overlaysActiveMax}. Уберите одно или подождите, пока одно закончится.`,
  },
  intentFromOutside: {
    en: "An intent stands beside the node's own prompt, and callers from outside insert none.",
    ru: "Намерение стоит рядом с промптом узла; вызывающие извне его не вставляют.",
  },
  noSuchPreview: {
    en: "There is no such preview of yours, or it is used or expired: ask for a new one.",
    ru: "Такого просмотра у вас нет, либо он использован или истёк: запросите новый.",
  },
  previewChanged: {
    en: "What would be forgotten is no longer what was shown; nothing was erased. Ask for a new preview.",
    ru: "Забыто было бы уже не то, что показано; ничего не стёрто. Запросите новый просмотр.",
  },
  nothingToForget: {
    en: "Nothing of yours fits that, or it is forgotten already.",
    ru: "Ничего подходящего у вас нет, либо оно уже забыто.",
  },
  tooMuchToForget: {
    en: "That is scattered over too many places to be forgotten at once; choose less, such as a shorter time.",
    ru: "Это разбросано по слишком многим местам, чтобы забыть сразу; выберите меньше, например меньший срок.",
  },
  noSuchIntent: {
    en: "There is no such intent, or it is over.",
    ru: "Такого намерения нет, или оно закончилось.",
  },
  noSuchRun: { en: "There is no such run of yours.", ru: "Такого выполнения у вас нет." },
  modelNeeded: (mode: string): Bilingual => ({
    en: `Mode ${mode} needs a model, and none is connected: adyton up --backend URL`,
    ru: `Режиму ${mode} нужна модель, а она не подключена: adyton up --backend URL`,
  }),
  commandWithAttachments: {
    en: "Attachments go with a question; send the command by itself.",
    ru: "Вложения сопровождают вопрос; отправьте команду отдельно.",
  },
  attachmentsNeedModel: {
    en: "Attachments are read by a model: connect one with adyton up --backend URL, or choose a mode that asks it, such as DIRECT.",
    ru: "Вложения читает модель: подключите её (adyton up --backend URL) или выберите режим, который её спрашивает, например DIRECT.",
  },
  picturesNeedModel: {
    en: "No connected model sees pictures. If one does, say so in adyton.yaml: vision: true at its backend.",
    ru: "Ни одна подключённая модель не видит картинок. Если какая-то видит, укажите это в adyton.yaml: vision: true у её сервера.",
  },
  questionTooLong: (tokens: number, room: number): Bilingual => ({
    en:
      `The message takes about ${tokens} tokens, and the model's window leaves room for ${room}. ` +
      "Shorten it, or start the model with a larger window.",
    ru:
      `Сообщение занимает около ${tokens} токенов, а в окне модели есть место для ${room}. ` +
      "Сократите его или запустите модель с окном побольше.",
  }),
  answerTooLarge: {
    en: "The answer is larger than a record of the journal; ask for less.",
    ru: "Ответ больше, чем вмещает запись журнала; попросите о меньшем.",
  },
  cancelled: {
    en: "The answer was stopped before it was whole.",
    ru: "Ответ остановлен раньше, чем был готов.",
  },
  budget: {
    en: "The time for one turn was over before there was an answer. Raise turns.wall_seconds, or ask for less.",
    ru: "Время на один ход вышло раньше ответа. Увеличьте turns.wall_seconds или попросите о меньшем.",
  },
  stopping: {
    en: "The node is stopping; ask again once it is back.",
    ru: "Узел останавливается; спросите снова, когда он вернётся.",
  },
  interrupted: {
    en: "The node stopped while this was running. Ask again.",
    ru: "Узел остановился, пока это выполнялось. Спросите снова.",
  },
  unwritten: {
    en: "The question could not be written down.",
    ru: "Вопрос не удалось записать.",
  },
  conversationFull: {
    en: `${conversationQueueMax} messages already wait in this conversation.`,
    ru: `В этой беседе уже ждут сообщений: ${conversationQueueMax}.`,
  },
  principalFull: {
    en: `${principalQueueMax} of your messages already wait.`,
    ru: `Ваших сообщений уже ждёт: ${principalQueueMax}.`,
  },
  nodeFull: {
    en: `${nodeQueueMax} messages already wait on this node.`,
    ru: `На этом узле уже ждут сообщений: ${nodeQueueMax}.`,
  },
} as const;
