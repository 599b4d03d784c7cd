import assert from "node:assert/strict";
import { it } from "node:test";
import { startOpenAiEmulator } from "./openai-emulator.ts";

const words = "Раз, два. One, two.";

it("says what a recording's bytes say, or what its owner has it say", async () => {
  await using plain = await startOpenAiEmulator();
  await using scripted = await startOpenAiEmulator({
    transcribe: ({ fields }) => `in ${fields["language"]}`,
  });
  const cases = [
    [plain, words, { model: "m" }, 200, words],
    [plain, new Uint8Array([0xff, 0xfe]), { model: "m" }, 200, "A recording of 2 bytes."],
    [scripted, words, { model: "m", language: "ru" }, 200, "in ru"],
    [plain, words, {}, 400, undefined],
    [plain, undefined, { model: "m" }, 400, undefined],
  ] as const;
  for (const [emulator, bytes, fields, status, text] of cases) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    if (bytes !== undefined) form.set("file", new Blob([bytes]), "voice.ogg");
    const answer = await fetch(`${emulator.url}/audio/transcriptions`, {
      method: "POST",
      body: form,
    });
    const json = (await answer.json()) as { readonly text?: string };
    assert.deepEqual([answer.status, json.text], [status, text]);
  }
  const broken = await fetch(`${plain.url}/audio/transcriptions`, { method: "POST", body: "{}" });
  assert.equal(broken.status, 400);
});
