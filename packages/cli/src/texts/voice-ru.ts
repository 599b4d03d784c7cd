import type { voiceEn } from "./voice-en.ts";

export const voiceRu: Readonly<Record<keyof typeof voiceEn, string>> = {
  "summary.voice": "речь, которую узел распознаёт сам",
  "example.voice": "{adyton} voice check ~/models/giga-am",
  "summary.voice check": "проверить, слышит ли узел с этой моделью и что он слышит",
  "example.voice check": `{adyton} voice check ~/models/giga-am
{adyton} voice check ~/models/giga-am voice.ogg`,
  "voice.installing": "Ставлю движок распознавания речи, один раз: около 50 МБ …",
  "voice.loading": "Загружаю модель …",
  "voice.hearing": "Слушаю …",
  "voice.loads": "Модель загружается за {ms} мс и занимает {mib} МиБ памяти.",
  "voice.heard": "Услышано за {ms} мс, из {seconds} с: {words}",
  "voice.next": "Назовите её в adyton.yaml и запустите узел заново:\nvoice:\n  folder: {folder}",
  "voice.refused": "С {folder} узел слышать не может.",
  "voice.advice": "С какими моделями он слышит, сказано в руководстве, на странице «Речь».",
  "voice.no_recording": "{file} не читается.",
  "voice.stopped": "Остановлено.",
  "voice.install_failed": "Поставить движок распознавания речи не удалось.",
  "voice.install_advice":
    "Он берётся из реестра npm. Без сети скопируйте packages/speech/node_modules с машины, где он есть.",
  "voice.install_unsupported": "Движок распознавания речи на этой машине не работает.",
  "voice.install_server":
    "Возьмите сервер распознавания речи, например whisper.cpp: voice.url в adyton.yaml",
  "doctor.voice": "модель речи в {folder} годится, движок для неё на месте",
  "doctor.voice_folder": "папка для речи {folder}: {why}",
  "doctor.voice_folder_cure":
    "создайте её и положите туда модель речи или исправьте voice.folder в adyton.yaml",
  "doctor.voice_not_folder_cure": "укажите в adyton.yaml как voice.folder папку с файлами модели",
  "doctor.voice_unreadable_cure":
    "дайте узлу читать её и её файлы (ls -laL покажет, кому можно) или исправьте voice.folder в adyton.yaml",
  "doctor.voice_missing_cure":
    "положите туда все файлы модели речи; с какими узел слышит, сказано в руководстве, на странице «Речь»",
  "doctor.voice_model": "с моделью в {folder} узел слышать не может: {why}",
  "doctor.voice_model_cure":
    "положите туда другую; с какими он слышит, сказано в руководстве, на странице «Речь»",
  "doctor.voice_engine": "движок распознавания речи не установлен",
  "doctor.voice_engine_cure": "установите его: {adyton voice check {folder}}",
};
