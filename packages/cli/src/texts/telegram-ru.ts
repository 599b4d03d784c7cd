import type { telegramEn } from "./telegram-en.ts";

export const telegramRu: Readonly<Record<keyof typeof telegramEn, string>> = {
  "summary.telegram": "бот, чтобы говорить с узлом с телефона",
  "example.telegram": "{adyton} telegram setup",
  "summary.telegram setup": "подключить бота: спросит токен, проверит связь, найдёт владельца",
  "example.telegram setup": `{adyton} telegram setup
{adyton} telegram setup --token-file ~/.secrets/telegram-token
{adyton} telegram setup --api-root http://127.0.0.1:8081 --lang ru`,
  "option.api_root": "другой сервер Bot API (обычно https://api.telegram.org)",
  "option.token_file": "взять токен из этого файла и там оставить",
  "option.proxy": "идти через этот прокси: socks5://ХОСТ:ПОРТ или http://ХОСТ:ПОРТ",
  "option.proxy_login_file": "файл с именем:паролем для прокси",
  "option.code_expires": "сколько действует код, до 1h (обычно 10m)",
  "option.lang": "язык этой команды: en или ru",
  "option.webhook_yes": "снять вебхук, не спрашивая",
  "telegram.bad_language": "--lang — это en или ru.",
  "telegram.bad_expiry": "«{found}» — не срок до 1h, например 10m.",
  "telegram.bad_root": "Такого сервера нет: «{found}»: {problem}",
  "telegram.needs_token": "Нет терминала, чтобы спросить токен бота.",
  "telegram.token_file": "Подайте его на стандартный ввод или назовите файл: --token-file ФАЙЛ",
  "telegram.make_bot":
    "Токен бота: откройте в Телеграме @BotFather, отправьте /newbot, ответьте названием и именем, которое оканчивается на bot.",
  "telegram.ask_token": "Токен (он не будет показан): ",
  "telegram.no_token": "Это не токен бота; он выглядит как 123456789:AAE…",
  "telegram.reaching": "узнаём у {server}, что это за бот",
  "telegram.reached": "Телеграм доступен, токен открывает бота @{bot}.",
  "telegram.blocked.dns": "Имя {server} не находится.",
  "telegram.advice.dns":
    "Есть ли на этой машине интернет? Если есть, его скрывает сервер имён (DNS).",
  "telegram.blocked.refused": "{server} не принимает соединение.",
  "telegram.advice.refused":
    "Там никто не слушает или мешает межсетевой экран. Верен ли --api-root?",
  "telegram.advice.emulator": "Сначала запустите эмулятор: {adyton emulate telegram}",
  "telegram.blocked.blocked": "{server} не отвечает: путь к нему закрыт.",
  "telegram.advice.blocked":
    "Его не пускает межсетевой экран или провайдер. Поможет прокси: --proxy АДРЕС. Поможет и ретранслятор снаружи: {adyton relay bundle relay}, затем telegram.via: blind",
  "telegram.blocked.tls": "Между этой машиной и {server} кто-то показывает чужой сертификат.",
  "telegram.advice.tls":
    "Верны ли часы этой машины? Если верны, связь кто-то читает: не продолжайте.",
  "telegram.relay_runs_bot":
    "Бота ведёт ретранслятор (telegram.via: bot), настраивать здесь нечего.",
  "telegram.relay_has_token":
    "Токен должен лежать на ретрансляторе (--token-file), а владельцы — в adyton.yaml: telegram.owners.",
  "telegram.blocked.relay": "Ретранслятор не отвечает.",
  "telegram.advice.relay": "Работает ли он и туннель к нему? Верен ли relay.address в adyton.yaml?",
  "telegram.blocked.relay_range": "Адрес {server} лежит вне --range ретранслятора.",
  "telegram.advice.relay_range": "Запустите ретранслятор с --range, в котором он лежит.",
  "telegram.blocked.strange": "Вместо {server} отвечает не Телеграм.",
  "telegram.advice.strange": "Возможно, это страница входа в сеть. Откройте адрес в браузере.",
  "telegram.blocked.token": "Телеграм не знает такого токена.",
  "telegram.advice.token": "Верный покажет @BotFather: /mybots, бот, API Token.",
  "telegram.blocked.poller": "Сообщения этого бота получает другая программа.",
  "telegram.advice.poller":
    "Остановите её; если это сам узел — остановите узел. Если такой нет, токен есть у кого-то ещё: /revoke у @BotFather.",
  "telegram.blocked.webhook": "Сообщения этого бота уходят на адрес в сети (вебхук).",
  "telegram.advice.webhook": "Повторите с --yes, чтобы его снять, или заведите отдельного бота.",
  "telegram.blocked.busy": "{server} просит подождать.",
  "telegram.advice.busy":
    "В последнее время было слишком много запросов. Повторите через несколько минут.",
  "telegram.bad_proxy": "Адрес прокси не годится: {problem}.",
  "telegram.ask_proxy":
    "Через какой прокси идти (socks5://ХОСТ:ПОРТ или http://ХОСТ:ПОРТ)? Enter — остановиться: ",
  "telegram.blocked.proxy_away": "Прокси не отвечает.",
  "telegram.advice.proxy_away":
    "Работает ли он? Верны ли адрес и порт? Другой можно назвать так: --proxy АДРЕС",
  "telegram.blocked.proxy_login": "Прокси не принимает имя и пароль.",
  "telegram.advice.proxy_login":
    "Запишите их как имя:пароль в файл, который читаете только вы: --proxy-login-file ФАЙЛ",
  "telegram.blocked.proxy_refuses": "Прокси не соединяет с {server}.",
  "telegram.advice.proxy_refuses":
    "Он это запрещает или сам туда не попадает. Возьмите другой: --proxy АДРЕС",
  "telegram.blocked.proxy_strange": "По адресу прокси отвечает не такой прокси.",
  "telegram.advice.proxy_strange": "Он socks5:// или http://? Верен ли порт?",
  "telegram.blocked.server": "{server} отказывает.",
  "telegram.advice.server": "Попробуйте через минуту.",
  "telegram.drop_webhook":
    "Сообщения этого бота через вебхук получает другая программа. Снять его? [y/N] ",
  "telegram.send_code": "Отправьте боту этот код; кто отправит первым, тот владелец узла:",
  "telegram.link": "Ссылка откроет бота и отправит код: {link}",
  "telegram.page": "Бот здесь: {link}",
  "telegram.waiting": "ждём код, осталось {time}",
  "telegram.owner": "Владелец узла — {name} ({id}).",
  "telegram.others": "Владельцы и дальше: {ids} (telegram.owners в настройках).",
  "telegram.saved": "Записано в {file}, прошло {seconds} с.",
  "telegram.restart": "Чтобы это подействовало, запустите узел заново: Ctrl-C, затем {adyton up}",
  "telegram.start": "Теперь запустите узел: {adyton up}",
  "telegram.expired": "Код вовремя не прислали. Ничего не изменено.",
  "telegram.again": "Чтобы получить новый, запустите ту же команду ещё раз.",
  "telegram.stopped": "Прервано. Ничего не изменено.",
  "telegram.welcome":
    "Теперь вы владелец этого узла. Когда он будет запущен заново, напишите мне; /help покажет, что я умею.",
  "summary.telegram confirm":
    "где бота ведёт ретранслятор: на время считать сообщения владельца сообщениями владельца",
  "example.telegram confirm": `{adyton} telegram confirm 123456789 --expires 2h
{adyton} telegram confirm revoke 123456789`,
  "option.confirm_expires":
    "когда кончится, например 2h или 3d; иначе через 12 часов, самое позднее через 7 дней",
  "summary.telegram confirm list": "подтверждённые сейчас владельцы",
  "example.telegram confirm list": "{adyton} telegram confirm list",
  "summary.telegram confirm revoke": "сразу отозвать подтверждение",
  "example.telegram confirm revoke": "{adyton} telegram confirm revoke 123456789",
  "confirm.done": "До {at} написанное {user} считается написанным владельцем.",
  "confirm.none": "Никто не подтверждён: где бота ведёт ретранслятор, владельцы — участники.",
  "confirm.until": "подтверждён до {at}",
  "confirm.revoked": "{user} снова участник.",
  "confirm.bad_id": "{found} — не числовой номер в Telegram.",
  "summary.pair": "разрешить кому-то говорить с ботом: одноразовый код, который он отправит",
  "example.pair": `{adyton} pair
{adyton} pair --name anna --expires 2h
{adyton} pair revoke anna`,
  "summary.pair list": "все, кого впустил код, и все коды",
  "example.pair list": "{adyton} pair list",
  "summary.pair revoke": "отозвать код или того, кого он впустил, сразу",
  "example.pair revoke": "{adyton} pair revoke anna",
  "option.pair_name": "для кого он; видите только вы (обычно person-1 и так далее)",
  "option.pair_expires": "до какого времени код действует, не дольше суток (обычно 15m)",
  "pair.made": "{name}: пусть отправит боту этот код до {at}; он действует один раз:",
  "pair.none": "По коду никто не впущен.",
  "pair.columns": "имя|состояние|id|с какого времени",
  "pair.waiting": "код до {at}",
  "pair.expired": "код кончился {at}",
  "pair.paired": "может говорить",
  "pair.revoked": "отозван {at}",
  "pair.done": "{name}: отозвано, ответов больше не будет.",
};
