import type { foldEn } from "./fold-en.ts";

/** Тексты команды `fold`: что пошло не так в журнале. */
export const foldRu = {
  "summary.fold":
    "что пошло не так в журнале: одинаковые строки вместе и проверенная догадка о причине",
  "example.fold": `{adyton} fold                               # собственный журнал узла за 15 минут
{adyton} fold /var/log/nginx/error.log
journalctl -o export --since -1h | {adyton} fold -
{adyton} fold --log web --window 2h         # журнал из adyton.yaml
{adyton} fold app.csv --json`,
  "option.log": "журнал, зарегистрированный в adyton.yaml, вместо файла",
  "option.window": "как далеко назад, например 15m, 2h, 7d; без этого файл сворачивается целиком",
  "option.as": "запомнить группы под этим именем",
  "fold.file_or_log": "Назовите файл или, с --log, зарегистрированный журнал, но не то и другое.",
  "fold.waiting": "журнал сворачивается, {seconds} с",
  "fold.empty": "В нём нет строк.",
  "fold.tail":
    "В запрос помещается только новейшая часть; журнал, зарегистрированный в adyton.yaml, узел читает сам.",
} as const satisfies Record<keyof typeof foldEn, string>;
