import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  correctionMax,
  correctionMin,
  estimatePromptTokens,
  estimateTokens,
  isPlausibleCount,
  learnCorrection,
  learnedPromptTokensMin,
  messageOverheadTokens,
} from "./token-estimate.ts";

/** Counts by cl100k, o200k (gpt-tokenizer 3), Llama 3 (llama3-tokenizer-js 1) and Llama 2 (llama-tokenizer-js 1). */
const samples: ReadonlyArray<{
  name: string;
  wide: boolean;
  counts: readonly number[];
  text: string;
}> = [
  {
    name: "english",
    wide: false,
    counts: [45, 45, 45, 46],
    text: "Your own language model in a room with no door: people speak to it through a messenger, the world steers it by events, and nobody can walk in. What the world can still learn is stated, not hidden.",
  },
  {
    name: "englishRare",
    wide: false,
    counts: [45, 42, 44, 56],
    text: "Photosynthesizing cyanobacteria oxygenated the Paleoproterozoic atmosphere; stromatolites, microfossils and isotopic fractionation corroborate the chronology of the Lomagundi excursion.",
  },
  {
    name: "russian",
    wide: false,
    counts: [91, 51, 55, 70],
    text: "Ваша собственная языковая модель в комнате без дверей: люди говорят с ней через мессенджер, мир управляет ею событиями, и никто не может войти. Что мир всё же может узнать, сказано прямо.",
  },
  {
    name: "russianRare",
    wide: false,
    counts: [75, 43, 50, 55],
    text: "Вышеперечисленные нефтеперерабатывающие предприятия модернизировали каталитическое крекингование, переоснастив высокопроизводительные ректификационные колонны.",
  },
  {
    name: "ukrainian",
    wide: false,
    counts: [74, 43, 41, 50],
    text: "Щоб перевірити контекст ядра, надішліть повідомлення «перевір контекст»; відповідь міститиме звіт про всі шістнадцять перевірок.",
  },
  {
    name: "german",
    wide: false,
    counts: [47, 36, 47, 43],
    text: "Die Geschwindigkeitsbegrenzung auf der Bundesautobahn wurde aufgrund der Verkehrssicherheitsüberprüfung vorübergehend herabgesetzt, außer für Rettungsfahrzeuge.",
  },
  {
    name: "chinese",
    wide: false,
    counts: [71, 46, 46, 84],
    text: "你自己的语言模型住在没有门的房间里：人们通过聊天软件与它交谈，世界用事件来引导它，没有人能走进去。世界仍能知道什么，都会写明。",
  },
  {
    name: "japanese",
    wide: false,
    counts: [71, 49, 46, 74],
    text: "扉のない部屋にあるあなた自身の言語モデル。人々はメッセンジャーを通して話しかけ、世界は出来事によってそれを導き、誰も中には入れません。",
  },
  {
    name: "korean",
    wide: true,
    counts: [69, 42, 41, 116],
    text: "문이 없는 방에 있는 당신만의 언어 모델입니다. 사람들은 메신저로 말을 걸고, 세상은 사건으로 그것을 이끌며, 아무도 들어올 수 없습니다.",
  },
  {
    name: "digits",
    wide: false,
    counts: [48, 48, 48, 91],
    text: "2026-11-20 23:24:36 4155552671 3.14159265358979 192 168 10 77 1000000 65536 8675309 42 007",
  },
  {
    name: "code",
    wide: false,
    counts: [72, 75, 72, 91],
    text: "export function countTokens(text: string): number {\n  let total = 0;\n  for (let index = 0; index < text.length; index += 1) {\n    const code = text.charCodeAt(index);\n    total += weights[code & 0x7f] ?? defaultWeight;\n  }\n  return Math.ceil(total / unit);\n}\n",
  },
  {
    name: "json",
    wide: false,
    counts: [53, 54, 53, 76],
    text: '{"id":"evt_01J9Z3","source":"telegram","data":{"chatId":-100123456,"text":"hello","flags":[true,false,null]},"at":"2026-11-20T23:24:36.000Z"}',
  },
  {
    name: "log",
    wide: false,
    counts: [46, 46, 46, 63],
    text: "Nov 20 23:24:36 core adyton[4242]: ERROR ECONNRESET read_timeout=30000ms path=/api/v1/message id=0x7ffd3a2b status=503",
  },
  { name: "emoji", wide: true, counts: [38, 21, 36, 51], text: "👍🏽🎉🚀😂❤️🔥🙏👩‍💻🇩🇪✅" },
  {
    name: "mixed",
    wide: false,
    counts: [36, 33, 33, 45],
    text: "Ок 👍 запусти `npm test` и пришли лог: Error: connect ECONNREFUSED 127.0.0.1:11434",
  },
  {
    name: "arabic",
    wide: true,
    counts: [66, 26, 32, 89],
    text: "نموذج اللغة الخاص بك في غرفة بلا باب: يتحدث الناس إليه عبر برنامج المراسلة، ولا يستطيع أحد الدخول.",
  },
  {
    name: "hindi",
    wide: true,
    counts: [84, 25, 42, 86],
    text: "बिना दरवाज़े वाले कमरे में आपका अपना भाषा मॉडल: लोग मैसेंजर से उससे बात करते हैं।",
  },
  {
    name: "hex",
    wide: false,
    counts: [43, 43, 43, 60],
    text: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  },
  {
    name: "base64",
    wide: false,
    counts: [49, 47, 49, 55],
    text: "TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24sIGJ1dCBieSB0aGlz",
  },
  {
    name: "table",
    wide: false,
    counts: [41, 41, 41, 49],
    text: "| name  | ms   | MB  |\n|-------|------|-----|\n| core  | 0.97 | 102 |\n| relay | 1.20 |  64 |\n",
  },
];

describe("estimateTokens", () => {
  for (const { name, wide, counts, text } of samples) {
    const [least, most] = wide ? [0.6, 2.3] : [0.8, 1.7];
    it(`${name}: between ${least} times the highest and ${most} times the lowest count`, () => {
      const estimate = estimateTokens(text);
      assert.ok(
        estimate >= least * Math.max(...counts),
        `${estimate} is too low for ${counts.join(", ")}`,
      );
      assert.ok(
        estimate <= most * Math.min(...counts),
        `${estimate} is too high for ${counts.join(", ")}`,
      );
    });
  }

  it("is 0 for nothing and at least 1 for anything", () => {
    assert.equal(estimateTokens(""), 0);
    for (const text of ["a", "я", "好", ".", "\n", "😀"])
      assert.ok(estimateTokens(text) >= 1, text);
  });

  it("counts a message's surroundings", () => {
    assert.equal(estimatePromptTokens([]), messageOverheadTokens);
    assert.equal(
      estimatePromptTokens([{ content: "hello" }, { content: "привет" }]),
      estimateTokens("hello") + estimateTokens("привет") + 3 * messageOverheadTokens,
    );
  });
});

describe("isPlausibleCount", () => {
  const cases: ReadonlyArray<[reported: number, accepted: boolean]> = [
    [100, true],
    [400, true],
    [401, false],
    [25, true],
    [24, false],
    [0, false],
    [-100, false],
    [100.5, false],
    [Number.NaN, false],
    [Number.POSITIVE_INFINITY, false],
  ];
  for (const [reported, accepted] of cases)
    it(`${accepted ? "accepts" : "refuses"} ${reported} against an estimate of 100`, () =>
      assert.equal(isPlausibleCount(100, reported), accepted));
});

function learned(ratio: number, reports: number): number {
  let factor = 1;
  for (let index = 0; index < reports; index += 1)
    factor = learnCorrection(factor, 1_000, Math.round(1_000 * ratio));
  return factor;
}

describe("learnCorrection", () => {
  it("comes to a steady tokenizer's ratio", () => {
    assert.ok(Math.abs(learned(1.4, 20) - 1.4) < 0.01);
    assert.ok(Math.abs(learned(0.7, 80) - 0.7) < 0.01);
  });

  it("rises faster than it falls", () => {
    assert.ok(learned(1.5, 1) - 1 > 1 - learned(0.5, 1));
  });

  it("stays within its bounds at the plausible extremes", () => {
    assert.equal(learned(4, 50), correctionMax);
    assert.equal(learned(0.25, 500), correctionMin);
  });

  it("ignores implausible and short reports", () => {
    assert.equal(learnCorrection(1, 1_000, 4_001), 1);
    assert.equal(learnCorrection(1, 1_000, 249), 1);
    assert.equal(learnCorrection(1, 1_000, -5), 1);
    assert.equal(learnCorrection(1, learnedPromptTokensMin - 1, 2 * learnedPromptTokensMin), 1);
    assert.notEqual(learnCorrection(1, learnedPromptTokensMin, 2 * learnedPromptTokensMin), 1);
  });
});
