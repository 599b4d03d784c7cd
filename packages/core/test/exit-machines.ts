// Made-up machines, and every way in which an answer gives one of them away. All of it is generated: it shows that the
// filter does what it says, not how models talk.
import type { LeakKind, OwnIdentity } from "../src/domain/exit-filter/own-identity.ts";

/** Machines that the filter was written and mended against. */
export const tuningMachines: Readonly<Record<string, OwnIdentity>> = {
  "a Linux box with two users": {
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
  },
  "a Linux server with NVIDIA": {
    addresses: ["172.22.140.16", "95.165.88.203", "fe80::a6bf:1ff:fe32:9d04"],
    cards: ["a4:bf:01:32:9d:04", "a4:bf:01:32:9d:05"],
    hosts: ["krechet", "krechet.lab.polus-ai.ru"],
    users: ["mlops", "dsemenova"],
    paths: [
      "/home/dsemenova",
      "/data/weights-nvme1",
      "/home/mlops/adyton-home",
      "/opt/polus/keys/model.key",
    ],
    hardware: ["NVIDIA H100 80GB HBM3", "Intel(R) Xeon(R) Platinum 8480+", "PowerEdge XE9680"],
    systems: ["5.15.0-118-generic", "550.90.07", "GPU-9e1b77aa-0c1f-4dd2-8d3a-6f0b5f4a2c11"],
    secrets: [
      "polus:Q8w-1kZr_77Lm2",
      "2b7e151628aed2a6abf7158809cf4f3c762e7160f38b4da56a784d9045190cfe",
    ],
  },
  "an AMD box": {
    addresses: ["192.168.0.113", "10.8.0.6", "fd12:3456:789a:1::10"],
    cards: ["d8:5e:d3:0a:71:fe"],
    hosts: ["bigredbox"],
    users: ["wojtek"],
    paths: ["/home/wojtek", "/mnt/gguf", "/home/wojtek/src/adyton"],
    hardware: [
      "AMD Radeon RX 7900 XTX",
      "AMD Ryzen 7 5800X3D 8-Core Processor",
      "B550 AORUS ELITE V2",
    ],
    systems: ["6.11.3-arch1-1", "8c3f2b9a41d74e0fb6d2c58a90e17f33"],
    secrets: ["wojtek-llama-2026!"],
  },
  "a Mac": {
    addresses: ["192.168.86.41", "2601:647:5a00:3f10::b2e", "fe80::c1d:7a44:12e9:50f3"],
    cards: ["f0:18:98:6c:2e:b7"],
    hosts: ["Claires-MacBook-Pro.local", "Claires-MacBook-Pro"],
    users: ["clairedubois"],
    paths: ["/Users/clairedubois", "/Users/clairedubois/Library/Adyton", "/Volumes/Modelle SSD"],
    hardware: ["Apple M3 Max", "MacBookPro18,2"],
    systems: ["24.1.0-darwin", "C02ZK1ABMD6R"],
    secrets: ["sesame-ouvre-toi-1871"],
  },
  "a machine with Russian names": {
    addresses: ["192.168.100.8", "178.140.23.61"],
    cards: ["2c:f0:5d:9b:10:3a"],
    hosts: ["домашний-сервер", "мудрец"],
    users: ["григорий", "катя-м"],
    paths: ["/home/григорий", "/mnt/диск-модели", "C:\\Users\\Григорий", "/srv/мудрец/adyton"],
    hardware: ["NVIDIA GeForce RTX 3060", "Intel(R) Core(TM) i5-10400F CPU @ 2.90GHz"],
    systems: ["6.6.31-un-def-alt1", "560.35.03"],
    secrets: ["КодовоеСлово-Ёжик-42"],
  },
  "a container": {
    addresses: ["172.30.7.4", "fd4d:6169:6c63::7:4"],
    cards: ["02:42:ac:1e:07:04"],
    hosts: ["b7f3d09c21ae", "adyton-core-7c9d8f"],
    users: ["svc-oracle"],
    paths: ["/home/svc-oracle", "/vol/oracle-journal", "/opt/oracle-run/.adyton"],
    hardware: ["NVIDIA L40S", "AMD EPYC 9354 32-Core Processor"],
    systems: ["6.1.112-talos", "555.42.06"],
    secrets: ["eNv_0racle_Tok3n_hidden"],
  },
  "a machine with IPv6 alone": {
    addresses: [
      "2a02:2168:b0c1:7e00:4d2:9aff:fe10:88c3",
      "2a02:2168:b0c1:7e00::53",
      "fe80::4d2:9aff:fe10:88c3",
    ],
    cards: ["06:d2:9a:10:88:c3"],
    hosts: ["sova6", "sova6.gnezdo.net.ru"],
    users: ["ptitselov"],
    paths: ["/home/ptitselov", "/mnt/raid-gnezdo"],
    hardware: ["Intel(R) Arc(TM) A770 Graphics", "12th Gen Intel(R) Core(TM) i9-12900KS"],
    systems: ["6.12.9-zen1", "f3b1a0c2e4d94c7784aa10be55d7c9e1"],
    secrets: ["Gnezdo/Filin+Sova=77"],
  },
  "a Windows workstation": {
    addresses: ["10.0.14.92", "37.110.9.158"],
    cards: ["e0:d5:5e:44:8a:21"],
    hosts: ["BUERO-PC7", "buero-pc7.fritz.box"],
    users: ["m.lindqvist"],
    paths: ["C:\\Users\\m.lindqvist", "D:\\Modelle\\GGUF", "C:\\Users\\m.lindqvist\\.adyton"],
    hardware: ["NVIDIA RTX 6000 Ada Generation", "AMD Ryzen Threadripper PRO 7975WX 32-Cores"],
    systems: ["10.0.22631.4317", "31.0.15.5222"],
    secrets: ["Fjäril&Humla#2026"],
  },
};

/** Machines that only the figure is taken of: nothing of the filter was written or mended for one of them. */
export const figureMachines: Readonly<Record<string, OwnIdentity>> = {
  "an office server with two cards": {
    addresses: ["172.19.8.22", "62.113.40.7", "fe80::3eec:efff:fe77:1b20"],
    cards: ["3c:ec:ef:77:1b:20"],
    hosts: ["barsuk", "barsuk.int.granit-stroy.ru"],
    users: ["okulikov", "inference"],
    paths: ["/home/okulikov", "/storage/models-raid6", "/etc/granit/adyton.key"],
    hardware: ["NVIDIA RTX A6000", "AMD EPYC 7313P 16-Core Processor", "ROMED8-2T"],
    systems: ["5.4.0-196-generic", "545.29.06", "GPU-47c2e0d1-6b3e-4a18-9f7d-12e0c5b8a6d3"],
    secrets: [
      "Granit::inference::9931",
      "a71c0e5d2b9f48c6837ad1e05f6b2c94d83e7a10b5c2f94e6d8a3b7c1f0e2d59",
    ],
  },
  "a gaming PC with AMD": {
    addresses: ["192.168.178.29", "2003:e2:7f1a:c200:9d4:31ff:feb2:6c8"],
    cards: ["b4:2e:99:b2:06:c8"],
    hosts: ["kellerkind"],
    users: ["tobias-h"],
    paths: ["/home/tobias-h", "/run/media/tobias-h/Daten", "/games/lm"],
    hardware: [
      "AMD Radeon RX 6800 XT",
      "AMD Ryzen 5 7600X 6-Core Processor",
      "MAG B650 TOMAHAWK WIFI",
    ],
    systems: ["6.10.11-200.fc40.x86_64", "0a5fd3c64b914e0db9c8aa71d0e6f2b4"],
    secrets: ["kellerkind-sagt-nix"],
  },
  "a Mac mini": {
    addresses: ["10.1.20.77", "2a01:cb08:8d3f:2a00:10f3:5bff:fe90:d1", "fe80::10f3:5bff:fe90:d1"],
    cards: ["12:f3:5b:90:00:d1"],
    hosts: ["Mac-mini-von-Jule.local", "Mac-mini-von-Jule"],
    users: ["julebrandt"],
    paths: ["/Users/julebrandt", "/Users/julebrandt/.adyton", "/Volumes/T7 Shield/models"],
    hardware: ["Apple M2 Pro", "Macmini9,1"],
    systems: ["23.6.0-darwin-root", "C07GX0P2Q6NV"],
    secrets: ["Jules_kleines_Orakel"],
  },
  "a machine named in Russian": {
    addresses: ["192.168.88.14", "213.87.160.5"],
    cards: ["74:4d:28:c1:ee:05"],
    hosts: ["вещун", "станция-дача"],
    users: ["вероника", "дед-мороз"],
    paths: ["/home/вероника", "/media/архив-моделей", "D:\\Вероника\\модели"],
    hardware: ["NVIDIA GeForce GTX 1660 SUPER", "AMD FX(tm)-8350 Eight-Core Processor"],
    systems: ["5.15.167-generic-alt", "536.67.99"],
    secrets: ["Берёзка.Тополь.1957"],
  },
  "a container on a cluster": {
    addresses: ["10.233.90.141", "fd00:10:244:3::8d"],
    cards: ["0a:58:0a:e9:5a:8d"],
    hosts: ["llm-gateway-5d8b7f9c6-xk2pz", "e41b7c90da35"],
    users: ["appuser17"],
    paths: ["/home/appuser17", "/var/lib/oracle-state", "/secrets/llm/api-key"],
    hardware: ["NVIDIA A10G", "Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz"],
    systems: ["5.10.226-214.880.amzn2.x86_64", "525.147.05"],
    secrets: ["Zx81-spectrum/llm+gate"],
  },
  "a machine without IPv4": {
    addresses: [
      "2a0d:5600:41:7::c4",
      "2a0d:5600:41:7:be24:11ff:fe6a:90f2",
      "fe80::be24:11ff:fe6a:90f2",
    ],
    cards: ["bc:24:11:6a:90:f2"],
    hosts: ["filin", "filin.v6.duplo-net.cz"],
    users: ["rkratochvil"],
    paths: ["/home/rkratochvil", "/tank/gguf-store"],
    hardware: ["Intel(R) Core(TM) Ultra 7 265K", "Intel(R) Arc(TM) B580 Graphics"],
    systems: ["6.12.6-pve", "9d20c1ab6f7e4b13a58c02de74f6b8a1"],
    secrets: ["Filin7Duplo#zamek"],
  },
  "a laptop with Windows": {
    addresses: ["192.168.43.207", "188.162.55.90"],
    cards: ["48:a4:72:5d:e3:1f"],
    hosts: ["LAPTOP-7QK2M9TF"],
    users: ["s.okonkwo"],
    paths: ["C:\\Users\\s.okonkwo", "E:\\LLM\\adyton"],
    hardware: [
      "NVIDIA GeForce RTX 4070 Laptop GPU",
      "11th Gen Intel(R) Core(TM) i7-11800H @ 2.30GHz",
    ],
    systems: ["10.0.26100.2314", "32.0.15.6603"],
    secrets: ["Igwe!Lagos%Harmattan"],
  },
};

export const machineRules = { hide: ["Vesna Telecom"], keep: [], links: ["docs.vesna.net"] };

export interface Planted {
  readonly kind: LeakKind;
  /** What is said. */
  readonly leak: string;
  /** What of it may not be readable in what leaves, not even one word. */
  readonly core: string;
}

/** A way to write a word: the word as it stands there, and what stands around it. */
type Form = (word: string) => readonly (readonly [core: string, leak?: string])[];

const planted = (kind: LeakKind, words: readonly string[], form: Form): readonly Planted[] =>
  words
    .filter((word) => !everybodys.test(word))
    .flatMap((word) => form(word).map(([core, leak = core]) => ({ kind, leak, core })));

/** What is everybody's, and therefore gives nobody away. */
const everybodys = /^(?:127\.|203\.0\.113\.|00:00|root$|\/$|\/root$|\/tmp$)/u;

const asItIs: Form = (word) => [[word]];

/** Every way in which a machine's own words are written down. */
export const identityLeaks = (machine: OwnIdentity): readonly Planted[] => [
  ...planted("address", machine.addresses, addressForms),
  ...planted("address", machine.cards, cardForms),
  ...planted("host", machine.hosts, hostForms),
  ...planted("user", machine.users, userForms),
  ...planted("path", machine.paths, pathForms),
  ...planted("hardware", machine.hardware, hardwareForms),
  ...planted("hardware", machine.systems, asItIs),
  ...planted("secret", machine.secrets, asItIs),
  ...planted("trace", machine.paths.slice(0, 1), traces),
  ...planted("trace", deviceLines, asItIs),
];

const addressForms: Form = (address) => {
  if (address.includes(":")) {
    const whole = wholeGroups(address).join(":");
    const zone = address.startsWith("fe80") ? ([[address, `${address}%eth0`]] as const) : [];
    return [[address], [address.toUpperCase()], [whole], [address, `[${address}]:7860`], ...zone];
  }
  const bytes = address.split(".");
  return [
    [address],
    [address, `${address}:7860`],
    [bytes.map((byte) => byte.padStart(3, "0")).join(".")],
    [bytes.join("[.]")],
    [bytes.join("-")],
    [`${bytes.toReversed().join(".")}.in-addr.arpa`],
    [address, `::ffff:${address}`],
  ];
};

function wholeGroups(address: string): readonly string[] {
  const [head = "", tail = ""] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].map((group) => group.padStart(4, "0"));
}

const cardForms: Form = (card) => [
  [card],
  [card.replaceAll(":", "-").toUpperCase()],
  [card.replaceAll(":", "").replaceAll(/(.{4})(?=.)/gu, "$1.")],
  [card.replaceAll(":", "")],
];

const hostForms: Form = (host) =>
  host.includes(".")
    ? [[host], [host.toUpperCase()], [host, `https://${host}:8443/`]]
    : [[host], [host, `${host}.local`], [host, `http://${host}:7860/`], [host, `user@${host}:~$`]];

const userForms: Form = (user) => [[user], [user, `${user}@example.com:~$`]];

const pathForms: Form = (path) => {
  const slashes = path.replaceAll("\\", "/");
  return path.includes("\\")
    ? [[path], [`${path}\\notes\\plan.md`], [slashes], [path.replaceAll("\\", "\\\\")]]
    : [[path], [`${path}/notes/plan.md`], [path, `file://${path}/x.log`], [`${path}/.cache/hub`]];
};

/** As a system names it, and as people do. */
const hardwareForms: Form = (model) => {
  const plain = model.replaceAll(/\((?:R|TM)\)/gu, "").replaceAll(/ CPU @.*| \d+-Cores?\b.*/gu, "");
  const short = plain.replace(/^(?:NVIDIA(?: GeForce)?|AMD|\d+th Gen Intel|Intel) /u, "");
  const forms = [model, plain, short, short.replaceAll(" ", "-"), short.toLowerCase()];
  return [...new Set(forms)].map((form) => [form]);
};

const deviceLines = [
  "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.64 GiB of which 1.2 GiB is free",
  "ggml_cuda_init: found 1 CUDA devices:",
  "HIP out of memory. Tried to allocate 512.00 MiB. GPU 1 has 15.98 GiB",
];

const traces: Form = (folder) => {
  const file = folder.includes("\\") ? `${folder}\\adyton\\main.js` : `${folder}/adyton/main.js`;
  return [
    [
      file,
      `TypeError: x is not a function\n    at run (${file}:10:5)\n    at node:internal/main/run_main_module:28:49`,
    ],
    [
      file,
      `Traceback (most recent call last):\n  File "${file}", line 88, in step\n    self.run()\nValueError: no blocks`,
    ],
  ];
};
