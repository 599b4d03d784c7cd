import type { Bilingual } from "@adyton/protocol";

/**
 * What whoever sent a recording is told when it could not be written down, and its owner in the health report. No
 * address, no key and no word of the server's own.
 */
export const speechWords = {
  unasked: {
    en: "The server for speech has not been asked yet.",
    ru: "Сервер распознавания речи ещё не спрашивали.",
  },
  works: { en: "The server for speech answers.", ru: "Сервер распознавания речи отвечает." },
  down: {
    en: "The server for speech does not answer now; write it to me, or send it again later.",
    ru: "Сервер распознавания речи сейчас не отвечает; напишите словами или отправьте позже.",
  },
  tooSlow: (seconds: number): Bilingual => ({
    en: `The recording was not written down within ${seconds} s; send a shorter one.`,
    ru: `Запись не удалось расшифровать за ${seconds} с; отправьте покороче.`,
  }),
  refused: {
    en: "The server for speech does not take this recording; send another, or write it to me.",
    ru: "Сервер распознавания речи не принимает эту запись; отправьте другую или напишите словами.",
  },
  keyRefused: {
    en: "The server for speech refuses the node's key; its owner should check voice.api_key_file.",
    ru: "Сервер распознавания речи не принимает ключ узла; владельцу нужно проверить voice.api_key_file.",
  },
  unknown: {
    en: "The server for speech does not know the route or the model; the node's owner should check voice.url and voice.model.",
    ru: "Сервер распознавания речи не знает этого адреса или модели; владельцу узла нужно проверить voice.url и voice.model.",
  },
  failed: {
    en: "The server for speech failed; write it to me, or send it again later.",
    ru: "Сервер распознавания речи ответил ошибкой; напишите словами или отправьте позже.",
  },
  unreadable: {
    en: "The server for speech sent an answer that cannot be read; the node's owner should check voice.url.",
    ru: "Сервер распознавания речи прислал ответ, который нельзя прочесть; владельцу узла нужно проверить voice.url.",
  },
} as const;
