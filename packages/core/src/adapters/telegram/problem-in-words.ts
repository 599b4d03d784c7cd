import type { Bilingual, Problem, ProblemCode } from "@adyton/protocol";
import { problemWords } from "../../app/problem-words.ts";

/** A problem's title is English, for programs. These are what the bot's requests may come to. */
const russian: Readonly<Partial<Record<ProblemCode, string>>> = {
  forbidden: "Вам это не разрешено.",
  not_found: "Здесь ничего нет.",
  unknown_model: "Такой модели нет.",
  conflict: "Сейчас это невозможно.",
  cancelled: "Выполнение отменено.",
  erased: "То, что здесь было, стёрто.",
  payload_too_large: "Сообщение слишком длинное.",
  invalid_body: "Такое сообщение узел принять не может.",
  unknown_mode: "Такого режима нет.",
  unknown_command: "Такой команды нет.",
  idempotency_mismatch: "Это сообщение уже приходило с другим содержанием; отправьте его заново.",
  busy: "Слишком многое уже ждёт; попробуйте позже.",
  internal: "В узле произошёл сбой; подробнее в его логе.",
  backend_invalid: "Сервер модели ответил чем-то непригодным.",
  backend_unavailable: "Сервер модели не отвечает.",
  storage_full: "На диске узла нет места: пока его не освободят, узел ничего не принимает.",
  storage_failed: "Журнал узла не записывается: пока это так, узел ничего не принимает.",
  stopping: problemWords.stopping.ru,
  interrupted: problemWords.interrupted.ru,
  budget_exhausted: "Отведённое на ответ израсходовано.",
};

/**
 * A problem in one language: its own sentence, or else its title's. A sentence for people is in the node's language; one
 * that is English where that is Russian is for programs.
 */
export function problemInWords(
  { code, title, detail }: Problem,
  language: keyof Bilingual,
): string {
  if (language === "en") return detail ?? title;
  if (detail !== undefined && /\p{Script=Cyrillic}/u.test(detail)) return detail;
  return russian[code] ?? "Не получилось.";
}
