import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { findSpeech, type SpeechFound } from "@adyton/core/speech";
import { spelling } from "../spelling.ts";
import { en } from "../texts/en.ts";
import { ru } from "../texts/ru.ts";
import { translator } from "../texts/translate.ts";
import { voiceFinding, voiceFindings } from "./voice-check.ts";

const home = mkdtempSync(join(tmpdir(), "adyton уши "));
after(() => rmSync(home, { recursive: true }));
const missing = join(home, "нет");

const said = (folder: string, found: SpeechFound) =>
  [
    { t: translator(en, spelling({})), language: "en" } as const,
    { t: translator(ru, spelling({})), language: "ru" } as const,
  ].map((context) => {
    const { status, text, cure } = voiceFinding(folder, found, context);
    return [status, text, ...(cure === undefined ? [] : [cure])];
  });

describe("the doctor, of the model for speech", () => {
  it("says that the folder is missing", async () => {
    assert.deepEqual(said(missing, await findSpeech(missing)), [
      [
        "warn",
        `the folder for speech ${missing}: there is no such folder`,
        "make it and put a model for speech there, or correct voice.folder in adyton.yaml",
      ],
      [
        "warn",
        `папка для речи ${missing}: такой папки нет`,
        "создайте её и положите туда модель речи или исправьте voice.folder в adyton.yaml",
      ],
    ]);
  });

  const others: readonly (readonly [
    what: string,
    make: (at: string) => void,
    en: string[],
    ru: string[],
  ])[] = [
    [
      "it is a file",
      (at) => writeFileSync(at, ""),
      ["it is no folder", "name the folder with the model's files as voice.folder in adyton.yaml"],
      ["это не папка", "укажите в adyton.yaml как voice.folder папку с файлами модели"],
    ],
    [
      "it cannot be read",
      (at) => symlinkSync(at, at),
      [
        "the folder cannot be read (ELOOP)",
        "let the node read it and its files (ls -laL shows who may), or correct voice.folder in adyton.yaml",
      ],
      [
        "папка не читается (ELOOP)",
        "дайте узлу читать её и её файлы (ls -laL покажет, кому можно) или исправьте voice.folder в adyton.yaml",
      ],
    ],
    [
      "it has no model",
      (at) => mkdirSync(at),
      [
        "the folder has no tokens.txt",
        "put all files of a model for speech there; which ones the node can hear with stands in the manual, on the page Speech",
      ],
      [
        "в папке нет tokens.txt",
        "положите туда все файлы модели речи; с какими узел слышит, сказано в руководстве, на странице «Речь»",
      ],
    ],
  ];
  for (const [what, make, [enWhy, enCure], [ruWhy, ruCure]] of others)
    it(`says of the folder that ${what}`, async () => {
      const at = join(home, what);
      make(at);
      assert.deepEqual(said(at, await findSpeech(at)), [
        ["warn", `the folder for speech ${at}: ${enWhy}`, enCure],
        ["warn", `папка для речи ${at}: ${ruWhy}`, ruCure],
      ]);
    });

  it("says that the model in it is not understood", async () => {
    writeFileSync(join(home, "tokens.txt"), "");
    writeFileSync(join(home, "model.onnx"), "не ONNX");
    assert.deepEqual(said(home, await findSpeech(home)), [
      [
        "warn",
        `the node cannot hear with the model in ${home}: one of its files is no ONNX file`,
        "put another one there; which ones it can hear with stands in the manual, on the page Speech",
      ],
      [
        "warn",
        `с моделью в ${home} узел слышать не может: один из её файлов — не файл ONNX`,
        "положите туда другую; с какими он слышит, сказано в руководстве, на странице «Речь»",
      ],
    ]);
  });

  it("says how the engine is installed, and that nothing is missing", () => {
    assert.deepEqual(said(home, { kind: "no_engine" }), [
      [
        "warn",
        "the engine for speech is not installed",
        `install it: adyton voice check '${home}'`,
      ],
      [
        "warn",
        "движок распознавания речи не установлен",
        `установите его: adyton voice check '${home}'`,
      ],
    ]);
    assert.deepEqual(said(home, { kind: "all" }), [
      ["ok", `the model for speech in ${home} can be used, and its engine is there`],
      ["ok", `модель речи в ${home} годится, движок для неё на месте`],
    ]);
  });

  it("looks where the configuration names a folder", async () => {
    const context = { home, port: 1, env: {}, t: translator(en), language: "en" } as const;
    const withConfig = async (text: string) => {
      writeFileSync(join(home, "adyton.yaml"), text);
      return (await voiceFindings(context)).map(({ status }) => status);
    };
    assert.deepEqual(await withConfig(`voice: {folder: "${missing}"}\n`), ["warn"]);
    assert.deepEqual(await withConfig("voice: {url: http://127.0.0.1:1/v1}\n"), []);
    assert.deepEqual(await withConfig("{}\n"), []);
  });
});
