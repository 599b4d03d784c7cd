import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
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

const said = (found: SpeechFound) =>
  [
    { t: translator(en, spelling({})), language: "en" } as const,
    { t: translator(ru, spelling({})), language: "ru" } as const,
  ].map((context) => {
    const { status, text, cure } = voiceFinding(home, found, context);
    return [status, text, ...(cure === undefined ? [] : [cure])];
  });

describe("the doctor, of the model for speech", () => {
  it("says that the folder is missing", async () => {
    assert.deepEqual(said(await findSpeech(missing)), [
      [
        "warn",
        `the folder for speech ${home}: there is no such folder`,
        "make it and put a model for speech there, or correct voice.folder in adyton.yaml",
      ],
      [
        "warn",
        `папка для речи ${home}: такой папки нет`,
        "создайте её и положите туда модель речи или исправьте voice.folder в adyton.yaml",
      ],
    ]);
  });

  it("says that no model in it is understood", async () => {
    assert.deepEqual(said(await findSpeech(home)), [
      [
        "warn",
        `the node cannot hear with the model in ${home}: the folder has no tokens.txt`,
        "put another one there; which ones it can hear with stands in the manual, on the page Speech",
      ],
      [
        "warn",
        `с моделью в ${home} узел слышать не может: в папке нет tokens.txt`,
        "положите туда другую; с какими он слышит, сказано в руководстве, на странице «Речь»",
      ],
    ]);
  });

  it("says how the engine is installed, and that nothing is missing", () => {
    assert.deepEqual(said({ kind: "no_engine" }), [
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
    assert.deepEqual(said({ kind: "all" }), [
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
