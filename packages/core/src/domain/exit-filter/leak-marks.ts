import type { LeakKind } from "./own-identity.ts";

/** What a reader sees in place of a leak. */
export const leakMarks: Readonly<Record<LeakKind, { readonly en: string; readonly ru: string }>> = {
  address: { en: "[address removed]", ru: "[адрес убран]" },
  host: { en: "[host name removed]", ru: "[имя машины убрано]" },
  user: { en: "[user name removed]", ru: "[имя пользователя убрано]" },
  path: { en: "[path removed]", ru: "[путь убран]" },
  hardware: { en: "[hardware removed]", ru: "[оборудование убрано]" },
  secret: { en: "[secret removed]", ru: "[секрет убран]" },
  trace: { en: "[error trace removed]", ru: "[след ошибки убран]" },
  link: { en: "[link removed]", ru: "[ссылка убрана]" },
  word: { en: "[removed]", ru: "[убрано]" },
};
