const en = `adyton-relay blind --listen ADDRESS --target PORT=HOST[:PORT]…

Forwards TLS connections from a tunnel to fixed servers, without being able to read them: no token, no text, no file.

  --listen ADDRESS      the address of the tunnel on this machine; a public one is refused
  --target PORT=HOST    what comes in at PORT goes to HOST, port 443; HOST:PORT for another. May be repeated.
                        A connection that names another server is closed.
  --range NET/PREFIX    where the targets' addresses must lie; without it, anywhere public. May be repeated.
  --connections N       the most at once for each target (256)

Example:
  adyton-relay blind --listen 10.77.0.1 --target 8443=api.telegram.org --range 149.154.160.0/20
`;

const ru = `adyton-relay blind --listen АДРЕС --target ПОРТ=СЕРВЕР[:ПОРТ]…

Передаёт соединения TLS из туннеля постоянным серверам и прочесть их не может: ни токена, ни текста, ни файлов.

  --listen АДРЕС        адрес туннеля на этой машине; внешний адрес не принимается
  --target ПОРТ=СЕРВЕР  пришедшее на ПОРТ уходит на СЕРВЕР, порт 443; для другого — СЕРВЕР:ПОРТ. Можно повторять.
                        Соединение, которое называет другой сервер, закрывается.
  --range СЕТЬ/ДЛИНА    где должны лежать адреса серверов; без него — где угодно вне частных сетей. Можно повторять.
  --connections N       сколько соединений сразу для каждого сервера (256)

Пример:
  adyton-relay blind --listen 10.77.0.1 --target 8443=api.telegram.org --range 149.154.160.0/20
`;

/** The help in the language of a locale. */
export function help(locale: string): string {
  return locale.toLowerCase().startsWith("ru") ? ru : en;
}
