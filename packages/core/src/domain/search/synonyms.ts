import { soundKey } from "./sound-key.ts";
import { stem } from "./stem.ts";

// A short thesaurus of the words in which people ask about software, both languages in one group: what no rule of
// spelling, inflection or sound connects, and the irregular forms that stemming leaves apart. A group holds words that may replace each other in a question; it is not a
// dictionary, and names of products do not belong here (sound-key.ts matches those).
const groups = `
add insert upload import добавить загрузить внести
address url адрес
answer reply respond response ответ ответить отвечать
backup copy бэкап бекап копия
big bigger large larger большой крупный
bind attach connect hook link pair integrate привязать подключить соединить присоединить подсоединить
busy taken occupied занят занято
change modify edit switch изменить сменить поменять переключить
check verify validate проверить проверка
cloud internet облако интернет
computer pc machine компьютер комп пк машина
config configuration setting настройка конфиг конфигурация
conversation chat dialog dialogue thread беседа разговор диалог чат
delete deleted remove erase uninstall удалить удаление убрать стереть снести
disk drive диск
docs documentation manual guide руководство документация инструкция
document file документ файл
error failure fault problem broken broke break ошибка сбой неполадка проблема
example sample snippet пример образец
fast quick быстро быстрый
folder directory папка каталог директория
install setup deploy установить установка поставить развернуть
key secret ключ секрет
leak stolen steal stole compromised украденный утекший утечка
log логи лог
message сообщение
mode режим
monitor watch observe следить наблюдать мониторинг
password login пароль
permission right grant право разрешение доступ
phone mobile smartphone телефон смартфон мобильный
post send sent submit отправить послать отправка
private privacy confidential приватность конфиденциальность
protect secure security защищать защита безопасность
put write wrote written specify вписать записать прописать указать
read see view читать видеть видит увидеть увидит прочесть
remote remotely удаленно удаленный
restart reboot перезапустить перезагрузить
restore recover recovery восстановить восстановление
revoke withdraw invalidate отозвать отозвание аннулировать
save store keep kept хранить сохранить лежать храниться
script program app application скрипт программа приложение
search find found lookup искать найти поиск
server сервер
several multiple two three несколько два две три
slow slowly lag laggy sluggish медленно медленный долго тормозить
spend spent use consume потратить израсходовать расход тратить
start run ran launch запустить запуск запускать стартовать
stop cancel abort interrupt остановить прервать отменить
tamper alter forge подделать изменить
team people person user человек пользователь
upgrade update обновить обновление`;

const sureness = 0.8;

const byStem = new Map<string, string[]>();
for (const line of groups.trim().split("\n")) {
  const stems = [...new Set(line.split(" ").map((word) => stem(word)))];
  for (const word of stems) byStem.set(word, [...(byStem.get(word) ?? []), ...stems]);
}

export interface Synonym {
  readonly term: string;
  readonly sound: string;
  readonly sureness: number;
}

/** Other stems that may stand for this one, without itself. */
export function synonymsOf(term: string): Synonym[] {
  const others = new Set(byStem.get(term));
  others.delete(term);
  return [...others].map((other) => ({ term: other, sound: soundKey(other), sureness }));
}
