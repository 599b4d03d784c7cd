import type { Bilingual, Problem, ProblemCode } from "@adyton/protocol";

/** A problem's title is English, for programs. These are met without a sentence of their own. */
const russian: Readonly<Partial<Record<ProblemCode, string>>> = {
  not_found: "Здесь ничего нет.",
  cancelled: "Выполнение отменено.",
  erased: "То, что здесь было, стёрто.",
  payload_too_large: "Сообщение слишком длинное.",
  busy: "Слишком многое уже ждёт; попробуйте позже.",
  internal: "В узле произошёл сбой; подробнее в его логе.",
  backend_invalid: "Сервер модели ответил чем-то непригодным.",
  backend_unavailable: "Сервер модели не отвечает.",
  budget_exhausted: "Отведённое на ответ израсходовано.",
};

/** A problem in one language: its own sentence, which is the node's in the node's language, or else its title's. */
export function problemInWords(
  { code, title, detail }: Problem,
  language: keyof Bilingual,
): string {
  if (detail !== undefined) return detail;
  return language === "en" ? title : (russian[code] ?? "Не получилось.");
}
