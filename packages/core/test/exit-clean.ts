// Answers that give nothing away: made up ones, and the paragraphs of the node's own manual.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const addresses = [
  "192.0.2.44",
  "198.51.100.7",
  "203.0.113.9",
  "2001:db8::1",
  "2001:db8:85a3::8a2e:370:7334",
  "127.0.0.1",
  "::1",
  "8.8.8.8",
  "1.1.1.1",
  "2606:4700:4700::1111",
  "192.168.1.1",
  "172.17.0.1",
];
const versions = [
  "v24.1.0",
  "3.12.4",
  "2.0.0-rc.1",
  "535.104.05",
  "6.1.0-21-amd64",
  "1.2.3.4-beta",
  "10.0.19045",
];
const paths = [
  "/etc/nginx/nginx.conf",
  "/var/log/syslog",
  "/usr/local/bin/node",
  "/home/user/project",
  "~/.ssh/config",
  "/tmp/out.txt",
  "C:\\Users\\Public\\file.txt",
  "/root/.bashrc",
];
const people = [
  "Anna Karenina",
  "Annika Sörenstam",
  "Пётр Волков",
  "Max Planck",
  "root",
  "admin",
  "user",
];
const parts = [
  "RTX 3050",
  "Ryzen 5 5600X",
  "Core i5-12400",
  "Apple M3",
  "NVIDIA A100",
  "Raspberry Pi 5",
];
const hosts = [
  "example.com",
  "api.example.org",
  "github.com",
  "docs.python.org",
  "localhost",
  "tundra.example.net",
];
const codes = [
  "const total = items.reduce((sum, { price }) => sum + price, 0);",
  'for i in range(10):\n    print(f"{i}: {i ** 2}")',
  "SELECT id, name FROM users WHERE created_at > '2026-01-01' ORDER BY name;",
  "curl -H 'Authorization: Bearer $TOKEN' https://api.example.com/v1/items",
  "export OPENAI_API_KEY=sk-...your-key...",
  "docker run -p 8080:80 --gpus all nginx:1.27.2",
  "Traceback (most recent call last):\n  File \"app.py\", line 3, in <module>\n    main()\nKeyError: 'name'",
  "TypeError: x is undefined\n    at main (index.js:3:5)",
  "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
  "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
  "a ? b : c; std::vector<int> v; ::ffff; 12:30:45; 00:11:22:33:44:55",
  "git checkout 9fceb02d0ae598e95dc970b74767f19372d61af8",
  "sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PL590L5WQmH8fJ54F369BLDSqIwcs-TCfs",
  "https://example.com/search?q=how+to+configure+nginx+reverse+proxy&lang=en&page=2",
  "550e8400-e29b-41d4-a716-446655440000",
  "https://github.com/nodejs/node/blob/9fceb02d0ae598e95dc970b74767f19372d61af8/lib/internal/url.js#L120-L134",
  "https://docs.google.com/document/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit#heading=h.x2fz1",
  "docker pull nginx@sha256:4c0fdaa8b6341bfdeca5f18f7837462c80cff90527ee35ef185571e1c327beac",
  '"integrity": "sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17LhbZVGedAJv8XZ1tvj5FvSg=="',
  '<img src="https://example.com/logo.png" alt="Logo" width="120">',
  '<img src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==">',
  "![The diagram](https://example.com/images/2026/diagram-final.png)",
  "[1]: https://en.wikipedia.org/wiki/Transport_Layer_Security#Key_exchange_or_key_agreement",
  "https://ru.wikipedia.org/wiki/%D0%A1%D0%B5%D1%80%D0%B2%D0%B5%D1%80_(%D0%BF%D1%80%D0%BE%D0%B3%D1%80%D0%B0%D0%BC%D0%BC%D0%B0)",
  "https://www.google.com/maps/place/Eiffel+Tower/@48.8583701,2.2919064,17z/data=!3m1!4b1",
  "server {\n    listen 443 ssl;\n    server_name example.com www.example.com;\n    location / { proxy_pass http://127.0.0.1:3000; }\n}",
  "[Unit]\nDescription=My service\nAfter=network-online.target\n\n[Service]\nUser=www-data\nExecStart=/usr/local/bin/node /opt/app/server.js\nRestart=on-failure",
  "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n        - name: web\n          image: nginx:1.27",
  "*/15 * * * * /usr/bin/rsync -a /srv/data/ backup@198.51.100.7:/backups/",
  "Nov 21 08:14:02 web1 sshd[2210]: Failed password for invalid user admin from 203.0.113.9 port 52211 ssh2",
  '192.0.2.44 - - [21/Nov/2026:08:14:02 +0000] "GET /index.html HTTP/1.1" 200 5316 "-" "Mozilla/5.0 (X11; Linux x86_64)"',
  "2026-11-21T08:14:02.113Z ERROR [worker-3] request 7f3a9c21 failed after 3 tries: connection reset by peer",
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl user@example.com",
  "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n-----END CERTIFICATE-----",
  "password: ${DB_PASSWORD}\ntoken: <your token>\nsecret_key: change-me",
  "IBAN DE89 3704 0044 0532 0130 00, phone +7 495 123-45-67, card 4111 1111 1111 1111",
  "ip addr add 2001:db8:1::2/64 dev eth0 && ip route add default via 2001:db8:1::1",
  "nvidia-smi --query-gpu=name,memory.total --format=csv",
  "Microsoft Windows [Version 10.0.19045.3803]\nC:\\Windows\\System32> ipconfig /all",
];
/** What else people ask a model for. */
const prose = [
  "Чтобы приготовить борщ на 6 человек, нужно 2 свёклы, 300 г капусты и 1,5 часа времени.",
  "Пётр I основал Санкт-Петербург 27 мая 1703 года; к 1725 году в нём жило около 40 000 человек.",
  "«Мастер и Маргарита» вышла в журнале «Москва», № 11 за 1966 год и № 1 за 1967 год.",
  "Напишите Григорию Ивановичу: встреча перенесена на 14:30, кабинет 4-17, пропуск на 2 гостей.",
  "Скорость света равна 299 792 458 м/с, а постоянная Планка — 6,62607015·10⁻³⁴ Дж·с.",
  "The train leaves at 08:14 from platform 9 and arrives at 11:52; a ticket is 49.90 €.",
  "Shakespeare wrote 154 sonnets; the best known is number 18, from the quarto of 1609.",
  "On the 12th of May, in the 13th week, he bought 80GB of memory of the kind HBM3 or DDR5.",
  "In 2019 the container ship carried 23,756 TEU; a ship like that is 399.9 m long and 61.5 m wide.",
  "To sort n numbers by comparison takes at least log2(n!) steps, about n log2 n − 1.44 n.",
  "Claire and the Mac: she bought a MacBook Air in 2022 and has used Linux on it since kernel 6.2.",
];
const cleanFrames: readonly ((pick: <T>(from: readonly T[]) => T, n: number) => string)[] = [
  (pick, n) => `Use ${pick(addresses)} in the example; port ${1024 + n} is free on ${pick(hosts)}.`,
  (pick, n) => `Возьмите ${pick(addresses)} для примера, порт ${1024 + n}; хост ${pick(hosts)}.`,
  (pick) => `Version ${pick(versions)} came out after ${pick(versions)}.`,
  (pick) =>
    `Версия ${pick(versions)} вышла после ${pick(versions)}, обновитесь через ${pick(paths)}.`,
  (pick) => `Open ${pick(paths)} as ${pick(people)} and look for errors.`,
  (pick) => `Откройте ${pick(paths)} от имени ${pick(people)} и найдите ошибки.`,
  (pick, n) => `**Example ${n}**\n\n\`\`\`\n${pick(codes)}\n\`\`\`\nThis is all you need.`,
  (pick, n) => `Пример ${n}:\n\n\`\`\`\n${pick(codes)}\n\`\`\`\nБольше ничего не нужно.`,
  (pick) =>
    `${pick(parts)} is faster than ${pick(parts)} in games; CUDA out of memory means that the batch is too big.`,
  (pick) =>
    `${pick(parts)} быстрее, чем ${pick(parts)}; сбой «out of memory» лечится меньшим размером пакета.`,
  (pick, n) =>
    `On ${2000 + (n % 26)}-11-21 at 12:${10 + (n % 50)} ${pick(people)} wrote about the tundra in ${pick(hosts)}.`,
  (pick, n) =>
    `В ${1900 + (n % 120)} году ${pick(people)} писал о тундре, 7950 км от Москвы, ${pick(versions)}.`,
];

/** Sentences that no template made. */
const saying = [
  (pick: <T>(from: readonly T[]) => T) => `${pick(prose)} ${pick(prose)}`,
  (pick: <T>(from: readonly T[]) => T) => `1. ${pick(prose)}\n2. ${pick(prose)}\n\n${pick(codes)}`,
];

/** Answers with addresses, versions, code and names, of which none is the made-up machine's. */
export function cleanAnswers(random: () => number, count: number): readonly string[] {
  const pick = <T>(from: readonly T[]): T => {
    const one = from[Math.floor(random() * from.length)];
    if (one === undefined) throw new RangeError("there is nothing to pick from");
    return one;
  };
  return Array.from({ length: count }, (_, n) => pick([...cleanFrames, ...saying])(pick, n));
}

/** The paragraphs of the manual in both languages: what the node quotes, and reads like any documentation. */
export function manualParagraphs(): readonly string[] {
  const guide = join(import.meta.dirname, "../../../docs/guide");
  return ["en", "ru"].flatMap((language) =>
    readdirSync(join(guide, language)).flatMap((page) =>
      readFileSync(join(guide, language, page), "utf8")
        .split(/\n{2,}/u)
        .filter((paragraph) => paragraph.length > 40),
    ),
  );
}
