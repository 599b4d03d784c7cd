import type { Bilingual } from "@adyton/protocol";

/**
 * What whoever sent a recording is told when the node itself could not write it down, and its owner in the health
 * report. The owner alone is told why.
 */
export const localSpeechWords = {
  idle: {
    en: "Speech is recognised here; the model is loaded with the first recording.",
    ru: "Речь распознаётся здесь; модель загрузится с первой записью.",
  },
  works: { en: "Speech is recognised here.", ru: "Речь распознаётся здесь." },
  down: {
    en: "Speech cannot be recognised now; write it to me, or send it again later.",
    ru: "Сейчас речь распознать не получается; напишите словами или отправьте позже.",
  },
  failed: {
    en: "The recording could not be recognised; write it to me, or send another.",
    ru: "Запись распознать не удалось; напишите словами или отправьте другую.",
  },
  notOpus: {
    en: "Only voice messages are recognised here, no videos and no other audio files (Ogg Opus).",
    ru: "Здесь распознаются только голосовые сообщения, а не видео и не другие аудиофайлы (Ogg Opus).",
  },
  tooLong: (minutes: number): Bilingual => ({
    en: `Up to ${minutes} minutes of speech are recognised; send a shorter recording.`,
    ru: `Распознаётся до ${minutes} минут речи; отправьте запись покороче.`,
  }),
  tooSlow: (seconds: number): Bilingual => ({
    en: `The recording was not written down within ${seconds} s; send a shorter one.`,
    ru: `Запись не удалось расшифровать за ${seconds} с; отправьте покороче.`,
  }),
  notInstalled: {
    en: "The engine for speech is not installed; run: adyton voice check FOLDER",
    ru: "Движок распознавания речи не установлен; выполните: adyton voice check ПАПКА",
  },
  unusable: (why: Bilingual): Bilingual => ({
    en: `The model for speech (voice.folder) cannot be used: ${why.en}.`,
    ru: `Модель речи (voice.folder) использовать нельзя: ${why.ru}.`,
  }),
  refused: (why: string): Bilingual => ({
    en: `sherpa-onnx cannot load the model for speech (voice.folder): ${why}`,
    ru: `sherpa-onnx не может загрузить модель речи (voice.folder): ${why}`,
  }),
  ended: (how: string): Bilingual => ({
    en: `The process that recognises speech ${how}. The next recording starts it again.`,
    ru: `Процесс распознавания речи завершился (${how}). Следующая запись запустит его снова.`,
  }),
} as const;
