import type { ScanLabel } from "@adyton/protocol";
import { controlTokenAt } from "./visible-text.ts";

export interface Suspicion {
  readonly label: ScanLabel;
  /** Where it first stands, in UTF-16 units. */
  readonly at: number;
  /** What stands there, of one line. */
  readonly quote: string;
}

/** Characters of a text that are looked at; a longer one is looked at in its beginning and its end. */
export const scanCharsMax = 65_536;
const quoteCharsMax = 120;

const gap = String.raw`[^\n]{0,40}?`;
const word = String.raw`(?<![\p{L}\p{N}_])`;

/** Sentences that address a model rather than a reader, in English and Russian. */
const orders = [
  `${word}(?:ignore|disregard|forget|override|bypass)\\s${gap}(?:instruction|rule|prompt|above|previous|prior|context)`,
  `${word}(?:игнорир|проигнорир|забудь|отмени|не\\s+учитывай|отбрось|нарушь)\\p{L}*\\s${gap}(?:инструкц|указани|правил|промпт|предыдущ|прежн|контекст)`,
  `${word}you\\s+are\\s+now\\s|${word}(?:from\\s+now\\s+on|henceforth),?\\s+you\\b`,
  `${word}(?:ты\\s+теперь|теперь\\s+ты|отныне\\s+ты|с\\s+этого\\s+момента\\s+ты)(?![\\p{L}])`,
  `${word}(?:new|real|actual|updated)\\s+(?:system\\s+)?(?:instructions?|prompt)\\s*[:：]`,
  `${word}(?:нов|настоящ|обновл[её]нн)\\p{L}*\\s+(?:системн\\p{L}*\\s+)?(?:инструкци|указани|промпт)\\p{L}*\\s*[:：]`,
  `${word}(?:reveal|print|repeat|show|send|leak|output)\\s${gap}(?:system\\s+prompt|your\\s+(?:prompt|instructions)|secret|password|api[ _-]?key|token)`,
  `${word}(?:покажи|выведи|повтори|отправь|перешли|раскрой|напечатай)\\s${gap}(?:системн|промпт|секрет|парол|ключ|токен)`,
  `${word}(?:do\\s+not|don['’]t|never)\\s+(?:tell|mention|inform)\\s+(?:the\\s+)?(?:user|owner|human)`,
  `${word}не\\s+(?:говори|сообщай|рассказывай)\\p{L}*\\s+(?:пользовател|владельц|хозяин)`,
  `(?<![\\p{L}\\p{N}_/:.])/command\\s+\\w|${word}switch_mode\\s+\\w`,
].map((pattern) => new RegExp(pattern, "iu"));

const patterns: readonly (readonly [ScanLabel, readonly RegExp[]])[] = [
  ["order", orders],
  // One may be a slip of a text editor or an emoji's; several are a message.
  ["zero_width", [/(?:[\u200B\u200C\u2060-\u2064\uFEFF\u00AD\u180E][^\n]{0,200}?){3}/u]],
  ["bidi", [/[\u202A-\u202E\u2066-\u2069]/u]],
  ["tags", [/[\u{E0001}-\u{E007F}]|[\u{E0100}-\u{E01EF}]{2}/u]],
  // 120 characters are 90 bytes: a sentence, and longer than any usual digest.
  [
    "encoded",
    [
      /(?<![A-Za-z0-9+/_=-])(?=[A-Za-z0-9+/_-]*[a-z])(?=[A-Za-z0-9+/_-]*[A-Z])[A-Za-z0-9+/_-]{120,4000}={0,2}/u,
    ],
  ],
  [
    "mixed_script",
    [/(?<!\p{L})(?=\p{L}*\p{Script=Cyrillic})(?=\p{L}*\p{Script=Latin})\p{L}{4,40}(?!\p{L})/u],
  ],
  [
    "exfiltration",
    [
      /!\[[^\]\n]{0,200}\]\(\s*<?(?:https?:)?\/\//iu,
      /<img\s[^>]{0,200}?src\s*=/iu,
      /\bhttps?:\/\/[^\s)"'<>]{1,200}[?&][\w.-]{1,40}=(?:\{|\$|%7B|<|\[)/iu,
    ],
  ],
];

/**
 * Labels what in a text looks made to steer a model, each label once, with the place it first stands. Every pattern is
 * linear in what it looks at. A model may well obey a text that gets no label.
 */
export function scan(text: string): readonly Suspicion[] {
  const half = scanCharsMax / 2;
  if (text.length <= scanCharsMax) return scanPart(text, 0);
  const tail = text.length - half;
  const found = [...scanPart(text.slice(0, half), 0), ...scanPart(text.slice(tail), tail)];
  return found.filter(
    ({ label }, index) => found.findIndex((each) => each.label === label) === index,
  );
}

function scanPart(text: string, offset: number): readonly Suspicion[] {
  const token = controlTokenAt(text);
  const found: Suspicion[] = token === undefined ? [] : [suspicion("control_token", text, token)];
  for (const [label, ways] of patterns) {
    const at = ways.map((way) => text.search(way)).find((place) => place !== -1);
    if (at !== undefined) found.push(suspicion(label, text, at));
  }
  return found.map((each) => ({ ...each, at: each.at + offset }));
}

function suspicion(label: ScanLabel, text: string, at: number): Suspicion {
  const [quote = ""] = text.slice(at, at + quoteCharsMax).split("\n", 1);
  return { label, at, quote: quote.toWellFormed() };
}
