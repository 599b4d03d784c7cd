import type { modeEn } from "./mode-en.ts";

export const modeRu: Readonly<Record<keyof typeof modeEn, string>> = {
  "summary.mode": "режимы: как получаются ответы",
  "example.mode": `{adyton} mode list
{adyton} mode new editor`,
  "summary.mode list": "режимы узла",
  "example.mode list": "{adyton} mode list",
  "summary.mode show": "всё, из чего состоит режим",
  "example.mode show": "{adyton} mode show recursia",
  "summary.mode new": "создать файл своего режима с пояснениями",
  "example.mode new": "{adyton} mode new editor",
  "mode.columns": "режим|отвечает|не больше|что это",
  "mode.by.model": "модель",
  "mode.by.extractive": "память, без модели",
  "mode.by.rag": "модель по памяти",
  "mode.by.recursia": "модель с проверкой",
  "mode.by.command": "команда узла",
  "mode.version": "версия",
  "mode.aliases": "другие имена",
  "mode.how": "отвечает",
  "mode.limits": "не больше",
  "mode.sources": "читает только",
  "mode.generation": "генерация",
  "mode.tools": "инструменты клиентов",
  "mode.tier": "доступен с уровня",
  "mode.output": "форма ответа",
  "mode.yes": "модель их видит",
  "mode.no": "модель их не видит",
  "mode.passages": "отрывков: {count}",
  "mode.calls": "обращений: {count}",
  "mode.tokens": "токенов: {count}",
  "mode.seconds": "{count} с",
  "mode.answer": "токенов в ответе: {count}",
  "mode.unknown": "Режима «{name}» нет.",
  "mode.see_list": "Посмотрите: {adyton mode list}",
  "mode.bad_name":
    "{name} не годится в имя режима: латинские буквы, цифры, _ и -, сначала буква, не длиннее 64.",
  "mode.taken": "{name} — режим самого узла; возьмите другое имя.",
  "mode.exists": "{file} уже есть и остаётся как был.",
  "mode.next":
    "Измените его, проверьте командой {adyton config check} и запустите узел заново; потом: {adyton say -m {name} привет}",
  "template.mode": `# Режим: как получается ответ и сколько на него можно потратить.
# Проверить:  adyton config check        Режимы читаются один раз, при запуске.
# Строки с «#:» — примеры. За одиночным «#» стоят значения по умолчанию.

# Имя: adyton say -m {name}, /mode {name}, модель adyton/{name}.
id: {name}
# Ваша нумерация; показывается рядом с именем.
version: "1"
# Другие имена.
#aliases: []

# Как получается ответ. direct: один ответ модели. rag: только по памяти, каждая цитата проверена.
# recursia: первый ответ, который заменяет только лучший.
base: direct

# Зачем он, одной строкой, на обоих языках.
summary:
  en: A mode of my own.
  ru: Мой режим.

# Что модель узнаёт после собственной подсказки узла.
prompt: |
  Отвечай не длиннее трёх предложений.

# Как модель пишет (base: direct). Без этих строк решает сервер модели.
#: temperature: 0.2
#: top_p: 0.9
# Сколько токенов может быть в ответе.
#: answer_tokens: 500

# Отрывки памяти (base: rag или recursia) из источников с одним из таких начал; если не указаны — из всех.
#: retrieval:
#:   k: 5
#:   sources: [house/]

# Сколько можно потратить на ответ: обращения и токены (base: rag или recursia), секунды.
#: budget:
#:   calls: 2
#:   tokens: 12000
#:   wall_seconds: 90

# Видит ли модель инструменты, которые присылает программа (base: direct или recursia).
#tools: true

# Форма ответа (base: direct или recursia): схема JSON из type, properties, required, items, enum и
# additionalProperties. Ответ проверяется и, если не подходит, запрашивается ещё раз.
#: output:
#:   type: object
#:   required: [topic]
#:   properties:
#:     topic:
#:       enum: [heating, light]

# Кому доверяют меньше, тот им не пользуется: owner, operator, member, local (любая программа на этой машине).
#min_tier: local
`,
};
