import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Buttons } from "../../ports/channel.ts";
import { channelWords, languageOf } from "./channel-words.ts";
import { buttonsUnder, draftIdOf, readPressed, stopButton } from "./keyboards.ts";

const user = 1_234_567_890_123_456;
const under = (command: string, data: unknown, modes: readonly string[] = []): Promise<Buttons> =>
  buttonsUnder(command, data, { user, language: "ru", modes: () => Promise.resolve(modes) });
const texts = (buttons: Buttons): string[][] => buttons.map((row) => row.map(({ text }) => text));
const state = { mode: "RAG", previous: null, scope: "default", expires: null, changedBy: null };
const preview = {
  forgetId: "fgt_AAAAAAAAAAAAAAAA",
  expires: "2026-11-21T00:00:00Z",
  counts: {
    documents: 0,
    facts: 0,
    blocks: 0,
    questions: 1,
    answers: 1,
    steps: 0,
    intents: 0,
    events: 0,
    others: 0,
  },
  derived: 0,
  elsewhere: 0,
  underWay: 0,
  titles: [],
};

describe("buttons", () => {
  it("show the modes with the present one marked", async () => {
    const buttons = await under("mode", state, ["DIRECT", "RAG", "RECURSIA"]);
    assert.deepEqual(texts(buttons), [["DIRECT", "✓ RAG"], ["RECURSIA"]]);
  });

  it("leave out a mode whose name is too long for one", async () => {
    const fits = "m".repeat(42);
    const buttons = await under("mode", state, [fits, `${fits}m`]);
    assert.deepEqual(texts(buttons), [[fits]]);
    assert.equal(Buffer.byteLength(buttons[0]?.[0]?.data ?? ""), 64);
  });

  it("ask what to forget, and confirm the very preview they stand under", async () => {
    const asked = await under("forget", { choices: ["last"] });
    assert.deepEqual(texts(asked), [["Последнее", "Эту беседу"], ["Всё моё"]]);
    const confirm = await under("forget", preview);
    assert.deepEqual(texts(confirm), [["Стереть", "Оставить"]]);
    const data = confirm.flat().map((button) => readPressed(button.data));
    assert.deepEqual(data, [
      { kind: "forget", user, what: preview.forgetId },
      { kind: "forget", user, what: "no" },
    ]);
  });

  it("stand under nothing else", async () => {
    assert.deepEqual(await under("help", { choices: [] }), []);
    assert.deepEqual(await under("forget", { kept: true }), []);
    assert.deepEqual(await under("mode", { mode: "RAG" }), []);
  });

  it("stop a run", () => {
    const { text, data } = stopButton("run_0mi8abcdeAAAAAAAAAAAAAA", "ru");
    assert.equal(text, "Стоп");
    assert.deepEqual(readPressed(data), { kind: "stop", run: "run_0mi8abcdeAAAAAAAAAAAAAA" });
  });

  it("tell drafts of different runs apart by a number that is none of the server's refusals", () => {
    const ids = Array.from({ length: 1_000 }, (_, at) => draftIdOf(`run_${at}`));
    assert.ok(ids.every((id) => Number.isSafeInteger(id) && id > 0 && id < 2 ** 31));
    assert.equal(new Set(ids).size, ids.length);
  });

  for (const data of [
    "",
    "stop:",
    "stop:1",
    "stop:run_a\nb",
    "mode:1",
    "mode:RAG",
    "mode:1:RAG node",
    "mode:12345678901234567:RAG",
    "forget:1:всё",
    "command:1:switch_mode",
    "mode:-1:RAG",
    "🙂",
  ])
    it(`have not ${JSON.stringify(data)}`, () => assert.equal(readPressed(data), undefined));
});

describe("one language", () => {
  const greetings: readonly [code: string | undefined, otherwise: "en" | "ru", first: RegExp][] = [
    ["ru", "en", /^Это Adyton/],
    ["ru-RU", "en", /^Это Adyton/],
    ["en", "ru", /^This is Adyton/],
    ["de", "ru", /^Это Adyton/],
    [undefined, "en", /^This is Adyton/],
  ];
  for (const [code, otherwise, first] of greetings)
    it(`greets ${code ?? "whose app says nothing"} where the node speaks ${otherwise}`, () =>
      assert.match(channelWords.greeting[languageOf(code, otherwise)], first));
});
