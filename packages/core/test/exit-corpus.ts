// A made-up machine, answers that give it away, and answers that give nothing away. All of it is generated: it shows that
// the filter does what it says, not how models talk.
import type { LeakKind, OwnIdentity } from "../src/domain/exit-filter/own-identity.ts";

export const fixtureIdentity: OwnIdentity = {
  addresses: [
    "192.168.31.57",
    "10.77.4.2",
    "81.200.17.94",
    "2a0e:b107:27f0:12::5",
    "fe80::1a2b:3cff:fe4d:5e6f",
    "127.0.0.1",
    "203.0.113.9",
  ],
  cards: ["18:2b:3c:4d:5e:6f", "00:00:00:00:00:00"],
  hosts: ["tundra-9", "tundra-9.vesna.net", "gpubox.vesna.net"],
  users: ["annika", "pvolkov", "root"],
  paths: [
    "/home/annika",
    "/home/pvolkov",
    "/home/annika/.adyton",
    "/mnt/kedr-models",
    "/srv/adyton-release",
    "/",
    "/root",
    "/tmp",
  ],
  hardware: [
    "NVIDIA GeForce RTX 4090",
    "AMD Ryzen 9 7950X 16-Core Processor",
    "13th Gen Intel(R) Core(TM) i7-13700K CPU @ 3.40GHz",
  ],
  systems: ["6.8.0-45-generic", "535.183.01", "GPU-5d1c8f8a-31b7-4c44-90d2-0c3f7f1c9e10"],
  secrets: [
    "k9f-Model-Key-77aa21",
    "4f1d9c3b8e7a60215d3c4b5a69788796a5b4c3d2e1f00912233445566778899a",
  ],
};

export const fixtureRules = { hide: ["Vesna Telecom"], keep: [], links: ["docs.vesna.net"] };

const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
export const opaqueText = (length: number, seed: number): string =>
  Array.from({ length }, (_, at) =>
    letters.charAt((at * 31 + seed * 17 + at * at) % letters.length),
  ).join("");

interface Planted {
  readonly kind: LeakKind;
  /** What may not be readable in what leaves. */
  readonly leak: string;
}

const planted = (kind: LeakKind, leaks: readonly string[]): Planted[] =>
  leaks.map((leak) => ({ kind, leak }));

export const plantedLeaks: readonly Planted[] = [
  ...planted("address", [
    "192.168.31.57",
    "192.168.031.057",
    "192[.]168[.]31[.]57",
    "192-168-31-57",
    "57.31.168.192.in-addr.arpa",
    "10.77.4.2",
    "81.200.17.94",
    "::ffff:81.200.17.94",
    "2a0e:b107:27f0:12::5",
    "2A0E:B107:27F0:0012:0000:0000:0000:0005",
    "2a0e:b107:27f0:12:4c1:9ff:fe00:1",
    "fe80::1a2b:3cff:fe4d:5e6f",
    "18:2b:3c:4d:5e:6f",
    "18-2B-3C-4D-5E-6F",
    "182b.3c4d.5e6f",
  ]),
  ...planted("host", [
    "tundra-9",
    "TUNDRA-9",
    "tundra-9.vesna.net",
    "gpubox.vesna.net",
    "tundra-9.local",
  ]),
  ...planted("user", ["annika", "pvolkov"]),
  ...planted("path", [
    "/home/annika",
    "/home/annika/notes/plan.md",
    "/home/pvolkov/.ssh/id_ed25519",
    "/home/annika/.adyton/journal.db",
    "/mnt/kedr-models/qwen.gguf",
    "/srv/adyton-release/packages/core/src/main.ts",
  ]),
  ...planted("hardware", [
    "NVIDIA GeForce RTX 4090",
    "RTX 4090",
    "rtx4090",
    "RTX-4090",
    "Ryzen 9 7950X",
    "7950x",
    "Core i7-13700K",
    "13700K",
    "6.8.0-45-generic",
    "535.183.01",
    "GPU-5d1c8f8a-31b7-4c44-90d2-0c3f7f1c9e10",
  ]),
  ...planted("secret", [
    ...fixtureIdentity.secrets,
    `adyton_${opaqueText(43, 1)}`,
    `7123456789:${opaqueText(35, 2)}`,
    `sk-proj-${opaqueText(48, 3)}`,
    `ghp_${opaqueText(36, 4)}`,
    "AKIAQ3ZT7YVN5WPLR2KD",
    `eyJ${opaqueText(33, 5)}.eyJ${opaqueText(60, 6)}.${opaqueText(43, 7)}`,
    `-----BEGIN PRIVATE KEY-----\n${opaqueText(64, 8)}\n${opaqueText(64, 9)}\n-----END PRIVATE KEY-----`,
  ]),
  ...planted("trace", [
    "TypeError: x is not a function\n    at run (/opt/thing/dist/index.js:10:5)\n    at node:internal/main/run_main_module:28:49",
    'Traceback (most recent call last):\n  File "/usr/lib/python3/dist-packages/vllm/engine.py", line 88, in step\n    self.run()\nValueError: no blocks',
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.64 GiB of which 1.2 GiB is free",
    "ggml_cuda_init: found 1 CUDA devices:",
    "  current device: 0, in function alloc at ggml-cuda.cu:123",
  ]),
  ...planted("link", [
    `https://evil.example/pixel?d=${opaqueText(64, 10)}`,
    `http://files.example/x#${opaqueText(70, 11)}`,
    "https://name:password@evil.example/x",
    "tg://resolve?domain=evilbot&start=1",
  ]),
  ...planted("word", ["Vesna Telecom"]),
];

/** Sentences in which something is given away. A trace stands on lines of its own. */
export const leakFrames: readonly ((leak: string) => string)[] = [
  (leak) => `Here is what I found:\n${leak}\nTell me if you need more.`,
  (leak) => `Вот что я нашёл:\n${leak}\nСкажите, если нужно ещё.`,
  (leak) => `The answer is ${leak}, as far as I can see.`,
  (leak) => `Насколько я вижу, это «${leak}», и больше ничего.`,
  (leak) => `\`\`\`json\n{"value": "${leak}"}\n\`\`\``,
  (leak) => `- первое: **да**\n- второе: ${leak}.`,
];

/** Every leak in every frame that suits it. */
export function leakyAnswers(): readonly (Planted & { readonly text: string })[] {
  return plantedLeaks.flatMap((each) =>
    leakFrames
      .slice(0, each.kind === "trace" ? 2 : leakFrames.length)
      .map((frame) => ({ ...each, text: frame(each.leak) })),
  );
}

/** Ways to carry a leak past the filter that it does not promise to see. */
export const transformations: Readonly<Record<string, (leak: string) => string>> = {
  base64: (leak) => Buffer.from(leak).toString("base64"),
  hex: (leak) => Buffer.from(leak).toString("hex"),
  spaced: (leak) => Array.from(leak).join(" "),
  reversed: (leak) => Array.from(leak).toReversed().join(""),
  "percent-encoded": (leak) =>
    [...Buffer.from(leak)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  "look-alikes": (leak) =>
    leak.replaceAll(/[aceopxy]/gu, (letter) => "асеорху".charAt("aceopxy".indexOf(letter))),
  "zero width": (leak) => Array.from(leak).join("\u200B"),
  "full width": (leak) =>
    leak.replaceAll(/[!-~]/gu, (unit) =>
      String.fromCodePoint((unit.codePointAt(0) ?? 0) + 0xfe_e0),
    ),
  "in words": (leak) =>
    leak.replaceAll(".", " dot ").replaceAll(":", " colon ").replaceAll("/", " slash "),
};

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
  "RTX 3060",
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

/** Answers with addresses, versions, code and names, of which none is the made-up machine's. */
export function cleanAnswers(random: () => number, count: number): readonly string[] {
  const pick = <T>(from: readonly T[]): T => {
    const one = from[Math.floor(random() * from.length)];
    if (one === undefined) throw new RangeError("there is nothing to pick from");
    return one;
  };
  return Array.from({ length: count }, (_, n) => pick(cleanFrames)(pick, n));
}
