const en = `adyton-relay blind --listen ADDRESS --target PORT=HOST[:PORT]…

Forwards TLS connections from a tunnel to fixed servers, without being able to read them: no token, no text, no file.

  --listen ADDRESS      the address of the tunnel on this machine; a public one is refused
  --target PORT=HOST    what comes in at PORT goes to HOST, port 443; HOST:PORT for another. May be repeated.
                        A connection that names another server is closed.
  --range NET/PREFIX    where the targets' addresses must lie; without it, anywhere public. May be repeated.
  --connections N       the most at once for each target (256)
  --link-key-file FILE  a key that the node has too: then the relay tells it the time
  --time-port N         where it does (7862)

adyton-relay bot --listen ADDRESS:PORT --token-file FILE --link-key-file FILE

Runs the bot for a node that dials in and has no token: the calls that the node asks for are made with the token here. It
keeps nothing but what is under way, and asks for nothing while no node is connected, unless --spool is given.

  --listen ADDRESS:PORT  where the node dials in, in the tunnel; a public address is refused
  --token-file FILE      the bot's token, readable by its owner alone
  --link-key-file FILE   the key that the node has too: adyton relay key makes it
  --range NET/PREFIX     where the server's addresses must lie; as above
  --api-root URL         another server of the Bot API; https alone
  --time-port N          where it tells the node the time (7862)
  --spool FOLDER         asks also while no node is connected, and keeps what comes, sealed to the node
  --spool-records N      the most that is kept (10000); the rest stays with the messenger, for its day
  --spool-mib N          the same in MiB (64)
  --spool-days N         what is older is dropped (7)
  --usage FOLDER         who used the bot and how much, every hour: numbers alone, sealed
  --usage-for KEY        to this key of yours: age1…, or a file with a public key for gpg

Examples:
  adyton-relay bot --listen 10.77.0.1:7443 --token-file bot.token --link-key-file link.key
  adyton-relay blind --listen 10.77.0.1 --target 8443=api.telegram.org --range 149.154.160.0/20
`;

const ru = `adyton-relay blind --listen АДРЕС --target ПОРТ=СЕРВЕР[:ПОРТ]…

Передаёт соединения TLS из туннеля постоянным серверам и прочесть их не может: ни токена, ни текста, ни файлов.

  --listen АДРЕС        адрес туннеля на этой машине; внешний адрес не принимается
  --target ПОРТ=СЕРВЕР  пришедшее на ПОРТ уходит на СЕРВЕР, порт 443; для другого — СЕРВЕР:ПОРТ. Можно повторять.
                        Соединение, которое называет другой сервер, закрывается.
  --range СЕТЬ/ДЛИНА    где должны лежать адреса серверов; без него — где угодно вне частных сетей. Можно повторять.
  --connections N       сколько соединений сразу для каждого сервера (256)
  --link-key-file ФАЙЛ  ключ, который есть и у узла: тогда ретранслятор сообщает ему время
  --time-port N         где он это делает (7862)

adyton-relay bot --listen АДРЕС:ПОРТ --token-file ФАЙЛ --link-key-file ФАЙЛ

Ведёт бота для узла, который подключается сам и токена не имеет: вызовы, о которых просит узел, делаются с токеном отсюда.
Хранит только то, что сейчас в работе, и без --spool ни о чём не спрашивает, пока узел не подключён.

  --listen АДРЕС:ПОРТ    куда подключается узел, в туннеле; внешний адрес не принимается
  --token-file ФАЙЛ      токен бота; файл открыт только владельцу
  --link-key-file ФАЙЛ   ключ, который есть и у узла: его создаёт adyton relay key
  --range СЕТЬ/ДЛИНА     где должны лежать адреса сервера; как выше
  --api-root URL         другой сервер Bot API; только https
  --time-port N          где узлу сообщается время (7862)
  --spool ПАПКА          спрашивать и без узла, а пришедшее хранить запечатанным для узла
  --spool-records N      сколько хранить (10000); остальное сутки ждёт в мессенджере
  --spool-mib N          то же в МиБ (64)
  --spool-days N         что старше, удаляется (7)
  --usage ПАПКА          кто и сколько пользовался ботом, за каждый час: только числа, запечатано
  --usage-for КЛЮЧ       вашим ключом: age1… или файл с открытым ключом для gpg

Примеры:
  adyton-relay bot --listen 10.77.0.1:7443 --token-file bot.token --link-key-file link.key
  adyton-relay blind --listen 10.77.0.1 --target 8443=api.telegram.org --range 149.154.160.0/20
`;

/** The help in the language of a locale. */
export function help(locale: string): string {
  return locale.toLowerCase().startsWith("ru") ? ru : en;
}
