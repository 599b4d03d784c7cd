import type { modelEn } from "./model-en.ts";

export const modelRu: Readonly<Record<keyof typeof modelEn, string>> = {
  "option.model_name": "имя модели (по умолчанию: из имени файла)",
  "summary.model": "файлы моделей, которые узел запускает сам",
  "example.model": `{adyton} model add qwen3-4b-q4_k_m.gguf
{adyton} model list`,
  "summary.model add": "добавить файл модели; сервер модели тогда не нужен",
  "example.model add": `{adyton} model add ~/Downloads/qwen3-4b-q4_k_m.gguf
{adyton} model add qwen3-4b-q4_k_m.gguf --name qwen`,
  "summary.model list": "файлы моделей узла",
  "example.model list": "{adyton} model list",
  "summary.model remove": "удалить файл модели из узла",
  "example.model remove": "{adyton} model remove qwen",
  "model.installing": "Ставлю движок для файлов моделей, один раз: около 85 МБ …",
  "model.checking": "Спрашиваю llama.cpp, знает ли он эту модель …",
  "model.copying": "Копирую {name}: {percent} %",
  "model.added": "Добавлена {name}: {what}",
  "model.there": "{name} уже есть: {what}",
  "model.next": "Запустите узел — он ответит этой моделью: {adyton up}",
  "model.restart":
    "Работающий узел возьмёт её при следующем запуске: остановите его, затем {adyton up}",
  "model.configured":
    "В настройках названы серверы моделей, поэтому её надо назвать там же: backends, embedded: {name}",
  "model.refused": "{file} добавить нельзя.",
  "model.what": "{architecture}, параметров: {parameters}, {quantisation}, {window}, {size}",
  "model.window": "окно {tokens}",
  "model.no_window": "окно неизвестно",
  "model.unusable": "негодный файл модели",
  "model.none": "Файлов моделей нет. Добавьте: {adyton model add ФАЙЛ.gguf}",
  "model.columns": "имя|архитектура|параметров|квантование|окно|размер|добавлена",
  "model.taken": "Другая модель с таким именем уже есть.",
  "model.taken_advice":
    "Выберите другое имя ключом --name или удалите ту: {adyton model remove ИМЯ}",
  "model.no_space": "На диске нет места для модели: нужно {needed}, свободно {free}.",
  "model.unwritable": "Модель не удаётся сохранить.",
  "model.install_failed": "Не удалось поставить движок для файлов моделей.",
  "model.install_advice":
    "Он приходит из реестра npm. Без сети скопируйте packages/llama/node_modules с машины, где он есть.",
  "model.install_unsupported": "Движок для файлов моделей на этой машине не работает.",
  "model.install_server": "Возьмите сервер модели, например Ollama: {adyton up --backend URL}",
  "model.unknown": "Нет такой модели: {name}.",
  "model.see_list": "Посмотрите: {adyton model list}",
  "model.in_use": "Модель {name} названа в настройках; сначала уберите её там.",
  "model.removed": "Удалена {name}.",
  "model.still_used": "Если ею отвечает работающий узел, то будет отвечать до остановки.",
  "doctor.model_file": "файл модели {name} на месте, движок для него тоже",
  "doctor.model_file_bad": "файла модели {name} нет, или он не годится",
  "doctor.model_file_cure": "добавьте её ещё раз: {adyton model add ФАЙЛ.gguf}",
  "doctor.engine_missing": "движок для файлов моделей не установлен",
  "model.stopped": "Остановлено; ничего не добавлено.",
};
