/** Что говорит `--help`: команды, их ключи, примеры. */
export const helpRu = {
  "program.name": "{adyton}",
  "program.summary": "Ваша собственная языковая модель в комнате без двери.",
  "program.more": `Первые шаги:
  {adyton} up                      запустить узел
  {adyton} say привет              сказать ему что-нибудь (в другом терминале)
  {adyton} КОМАНДА --help          как пользоваться командой, с примерами

Коды завершения: 0 — сделано, 1 — не удалось, 2 — неверный вызов, 69 — узел не отвечает.
Окружение: ADYTON_HOME (папка узла), NO_COLOR, LC_ALL, LC_MESSAGES, LANG (русский или английский).`,
  "help.usage": "Вызов:",
  "help.usage_options": "[ключи]",
  "help.usage_command": "[команда]",
  "help.arguments": "Аргументы:",
  "help.options": "Ключи:",
  "help.commands": "Команды:",
  "help.examples": "Примеры:",
  "group.node": "Узел:",
  "group.talk": "Говорить с ним:",
  "group.data": "Что он знает и что делал:",
  "group.care": "Присматривать за ним:",
  "option.help": "показать эту справку",
  "option.version": "показать версию",
  "option.home": "папка узла (по умолчанию: ADYTON_HOME, иначе ~/.adyton)",
  "option.port": "порт узла (по умолчанию: работающего узла, иначе из adyton.yaml, иначе 7860)",
  "option.port_up": "порт узла (по умолчанию: из adyton.yaml, иначе 7860; 0 — любой свободный)",
  "option.port_emulator": "порт эмулятора (по умолчанию: любой свободный)",
  "option.tls_port": "ещё и TLS на этом порту: так его можно опробовать за ретранслятором",
  "option.json": "ответить в JSON",
  "option.backend": "адрес сервера модели; auto — первый найденный; none — без модели",
  "option.model": "какая из моделей сервера",
  "option.force": "заменить имеющийся adyton.yaml",
  "option.conversation": "беседа (по умолчанию: cli; new — новая)",
  "option.mode": "режим только для этого сообщения",
  "option.watch": "показывать черновики, проверки, голоса и вердикты по ходу дела",
  "option.no_stream": "напечатать ответ, когда он готов целиком",
  "option.turns": "действует столько реплик (по умолчанию: 20)",
  "option.seconds": "действует столько секунд (по умолчанию: 86400)",
  "option.follow": "показывать и новые записи; Ctrl-C — конец",
  "option.last": "столько последних записей (по умолчанию: 20)",
  "option.type": "только записи этого типа; приставка кончается точкой",
  "option.after": "записи после этого номера",
  "option.shared": "находить могут все (по умолчанию: только вы)",
  "option.external": "написано не вами: страница, письмо, журнал",
  "option.title": "название документа (по умолчанию: первый заголовок, иначе имя файла)",
  "option.dry_run": "только сказать, что было бы сделано",
  "option.limit": "не больше стольких результатов (по умолчанию: 8)",
  "option.forget_document": "документ со всеми версиями",
  "option.forget_fact": "факт или предложение факта, по его id",
  "option.forget_block": "закреплённый блок со всеми версиями",
  "option.forget_subject": "все факты об этом предмете",
  "option.forget_run": "один вопрос с ответом, по его номеру run",
  "option.forget_conversation": "беседа, по имени или ключу (cv_…)",
  "option.forget_source": "документы и события из этого источника",
  "option.forget_text": "всё, что сказано с этим текстом",
  "option.forget_person": "только сказанное этим человеком: owner, token:ИМЯ",
  "option.forget_since": "только с этого времени: 2026-11-20 или 2026-11-20T18:00",
  "option.forget_until": "только до этого времени",
  "option.forget_everything": "всё ваше",
  "option.yes": "не спрашивать",
  "option.days": "за столько последних дней (по умолчанию: 30)",
  "option.may": "что токену можно, через запятую",
  "option.person": "токен другого человека: его слов никто больше не увидит",
  "option.expires": "когда истекает: 30d, 12h или дата вроде 2027-01-31",
  "option.persona": "модель с одним изъяном, например forget_middle или truncate(4096)",
  "option.token_delay": "миллисекунд перед каждым токеном (по умолчанию: 0)",
  "option.emulated_model": "имя изображаемой модели",
  "option.redis": "куда узел кладёт работу: redis://ХОСТ:ПОРТ/БАЗА",
  "option.worker_backend": "сервер модели на этой машине",
  "option.concurrency": "ответов одновременно (по умолчанию: 1)",
  "option.worker_name": "как узел называет этого исполнителя (по умолчанию: имя машины)",
  "option.key_file": "ключ, общий для узла и исполнителей",
  "option.password_file": "файл с паролем Redis",
  "option.api_key_file": "файл с ключом сервера модели",
  "summary.help": "как пользоваться командой",
  "summary.up": "запустить узел; Ctrl-C останавливает",
  "example.up": `{adyton} up
{adyton} up --backend http://127.0.0.1:11434/v1 --model qwen3:8b
{adyton} up --home /srv/adyton --port 7861
{adyton} up --backend none          # только цитаты из памяти`,
  "summary.init": "записать adyton.yaml с пояснениями",
  "example.init": `{adyton} init
{adyton} init --home /srv/adyton
{adyton} init --force               # заменит имеющийся`,
  "summary.say": "сказать что-нибудь; без текста в терминале — беседа",
  "example.say": `{adyton} say "Как сделать резервную копию?"
cat app.log | {adyton} say "что не так?"
{adyton} say -c new -m extractive "Телеграм"
{adyton} say /help
{adyton} say                        # беседа; Ctrl-D — конец`,
  "summary.think": "спросить в режиме RECURSIA: первый ответ с проверкой",
  "example.think": `{adyton} think "Посчитай 17 * 23" --watch
{adyton} think "Сколько лун у Марса?" -c new`,
  "summary.rethink": "обдумать последний ответ; заменит его только лучший",
  "example.rethink": `{adyton} rethink --watch
{adyton} rethink 2                  # предпоследний ответ`,
  "summary.command": "выполнить команду узла",
  "example.command": `{adyton} command help
{adyton} command switch_mode mode=EXTRACTIVE lifetime.turns=5 -c кухня
{adyton} command prompt '{"text": "Отвечай стихами."}'`,
  "summary.prompt": "вставить намерение в беседу, со сроком",
  "example.prompt": `{adyton} prompt "Отвечай стихами." -c кухня --turns 5
{adyton} prompt "Отвечай кратко." --seconds 3600
{adyton} prompt remove ovl_3f9c2a7e`,
  "summary.prompt remove": "убрать намерение раньше срока",
  "example.prompt remove": "{adyton} prompt remove ovl_3f9c2a7e",
  "summary.self": "собственное устройство узла",
  "example.self": `{adyton} self
{adyton} self --json | jq .routes
{adyton} self -c кухня`,
  "summary.pulse": "быстро проверить контекст и узел; код 1, если проверка не пройдена",
  "example.pulse": `{adyton} pulse
{adyton} pulse -c work --json`,
  "summary.mirror": "проверить контекст и модель; код 1, если проверка не пройдена",
  "example.mirror": `{adyton} mirror
{adyton} mirror -c work --json`,
  "summary.resonance": "сказать своими словами, на что посмотреть; ничего не меняет",
  "example.resonance": `{adyton} resonance "перепроверь контекст ядра"
{adyton} resonance "что ты умеешь"`,
  "summary.logs": "журнал: что произошло, новое внизу",
  "example.logs": `{adyton} logs
{adyton} logs -f
{adyton} logs -n 100 --type turn.
{adyton} logs --after 1200 --json`,
  "summary.memory": "документы, из которых берутся ответы",
  "example.memory": `{adyton} memory add заметки.md
{adyton} memory search "когда чинили котёл"`,
  "summary.memory add": "добавить документы (md, txt, html, pdf, csv, json, log)",
  "example.memory add": `{adyton} memory add заметки.md руководство.txt
{adyton} memory add --shared --title "Правила дома" правила.md
git log | {adyton} memory add - --title "История"`,
  "summary.memory import": "добавить целые папки или перенять экспорт; что уже есть, пропускается",
  "example.memory import": `{adyton} memory import заметки/ --dry-run
{adyton} memory import заметки/ "отчёты/**/*.csv" --shared`,
  "summary.memory export": "записать память в файл: хранить или перенести на другой узел",
  "example.memory export": `{adyton} memory export память.jsonl
{adyton} memory import память.jsonl`,
  "summary.memory search": "искать в памяти",
  "example.memory search": `{adyton} memory search "когда чинили котёл"
{adyton} memory search копия --limit 3 --json`,
  "summary.memory list": "документы в памяти",
  "example.memory list": "{adyton} memory list",
  "summary.memory forget": "стереть сказанное или добавленное и всё, что из него сделано",
  "example.memory forget": `{adyton} memory forget --text "код сигнализации"
{adyton} memory forget --conversation cli --yes
{adyton} memory forget --person token:anna --since 2026-11-01`,
  "summary.usage": "сообщения, токены и время по дням",
  "example.usage": `{adyton} usage
{adyton} usage --days 7`,
  "summary.journal": "проверить, сохранить и восстановить журнал",
  "example.journal": `{adyton} journal verify
{adyton} journal backup`,
  "summary.journal verify": "проверить, что в журнале то, что было записано",
  "example.journal verify": `{adyton} journal verify
{adyton} journal verify --json | jq .headHash`,
  "summary.journal backup": "сделать резервную копию; при остановленном узле — в любую папку",
  "example.journal backup": `{adyton} journal backup
{adyton} journal backup /mnt/usb/adyton     # когда узел остановлен`,
  "summary.journal restore": "вернуть резервную копию, когда узел остановлен",
  "example.journal restore": "{adyton} journal restore ~/.adyton/backups/20261120T120000Z",
  "summary.journal accept": "принять журнал как есть после известной потери",
  "example.journal accept": "{adyton} journal accept",
  "summary.journal rebuild": "построить заново то, что выводится из журнала",
  "example.journal rebuild": "{adyton} journal rebuild",
  "summary.token": "токены для программ и людей",
  "example.token": `{adyton} token add boiler --may event
{adyton} token list`,
  "summary.token add": "создать токен; он будет показан один раз",
  "example.token add": `{adyton} token add boiler --may event
{adyton} token add laptop --may say,read,memory:read --expires 30d
{adyton} token add anna --may say --person
secret=$({adyton} token add script --may say)`,
  "summary.token list": "все токены",
  "example.token list": "{adyton} token list",
  "summary.token revoke": "отозвать токен сразу",
  "example.token revoke": "{adyton} token revoke boiler",
  "summary.health": "работает ли узел, по частям",
  "example.health": `{adyton} health
{adyton} health --json`,
  "summary.config": "файл настроек",
  "example.config": `{adyton} config check
{adyton} config show`,
  "summary.config check": "все ошибки в adyton.yaml, с номером строки",
  "example.config check": "{adyton} config check",
  "summary.config show": "все настройки, как они действуют",
  "example.config show": `{adyton} config show
{adyton} config show --json`,
  "summary.doctor": "что мешает узлу работать и как это исправить",
  "example.doctor": "{adyton} doctor",
  "summary.worker": "отвечает за узел на другой машине моделью этой машины",
  "example.worker": `{adyton} worker --redis redis://10.0.0.5:6379/0 --key-file workers.key --backend http://127.0.0.1:8080
{adyton} worker --redis redis://127.0.0.1:6379/0 --backend http://127.0.0.1:11434 --concurrency 2`,
  "summary.worker key": "создаёт ключ, общий для узла и исполнителей",
  "example.worker key": "{adyton} worker key workers.key",
  "summary.relay": "вторая машина, которую мессенджер видит вместо этой",
  "example.relay": "{adyton} relay bundle ./adyton-relay",
  "summary.relay bundle": "ретранслятор в виде файлов, чтобы скопировать их на его машину",
  "example.relay bundle": "{adyton} relay bundle ./adyton-relay",
  "summary.relay key": "создаёт ключ, общий для узла и ретранслятора",
  "example.relay key": "{adyton} relay key link.key",
  "summary.emulate": "серверы для проб",
  "example.emulate": "{adyton} emulate openai",
  "summary.emulate openai": "сервер модели по сценарию, с протоколом OpenAI",
  "summary.emulate telegram": "Telegram, чтобы опробовать бота, со страницей для беседы",
  "example.emulate telegram": `{adyton} emulate telegram --port 8081
{adyton} emulate telegram --port 8081 --tls-port 8082`,
  "example.emulate openai": `{adyton} emulate openai --port 8080
{adyton} emulate openai --persona "truncate(4096)" --token-delay 20`,
  "summary.completion": "дополнение команд для bash, zsh или fish",
  "example.completion": `source <({adyton} completion bash)
{adyton} completion zsh > ~/.zfunc/_adyton
{adyton} completion fish > ~/.config/fish/completions/adyton.fish`,
  "summary.version": "версия",
  "example.version": "{adyton} version",
} as const;
