import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
import { fourTones } from "../../packages/core/src/adapters/sherpa/test/ogg-recording.ts";
import { writeSpeechModel } from "../../packages/core/src/adapters/sherpa/test/tiny-speech-model.ts";
import { startBot } from "./bot-node.ts";
import { run } from "./cli-process.ts";
import { speechEngineMissing } from "./speech-engine.ts";

const skip = await speechEngineMissing();
const heard = "да no нет yes";

it("hears without a server for speech, and the command line says with what", { skip }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "adyton-ears-"));
  try {
    const model = writeSpeechModel(join(folder, "tones"));
    await using telegram = await startTelegramEmulator();
    await using chat = await startOpenAiEmulator({
      rules: [{ reply: ({ messages }) => `echo ${messages.at(-1)?.text ?? ""}` }],
    });
    const config = `voice: {folder: ${model}}`;
    await using node = await startBot(telegram, chat, { language: "ru", config });
    const recording = { name: "voice.ogg", bytes: fourTones, mediaType: "audio/ogg" };
    telegram.person({ id: 1 }).sendFile("voice", recording);
    const wanted = `🎤 «${heard}»\n\necho ${heard}`;
    await telegram.waitUntil(
      () => telegram.messages(1).some(({ isBots, text }) => isBots && text === wanted),
      20_000,
    );
    telegram.person({ id: 1 }).sendFile("video_note", { ...recording, bytes: Buffer.from("mp4") });
    const refusal = "Здесь распознаются только голосовые сообщения, а не видео";
    await telegram.waitUntil(
      () => telegram.messages(1).some(({ isBots, text }) => isBots && text.startsWith(refusal)),
      20_000,
    );

    const { json } = await node.ask("/api/v1/health", { token: node.owner });
    const part = json.parts.find(({ name }: { readonly name: string }) => name === "voice");
    assert.deepEqual(part, { name: "voice", status: "ok", detail: "Речь распознаётся здесь." });

    const file = join(folder, "voice.ogg");
    writeFileSync(file, fourTones);
    const empty = join(folder, "empty");
    mkdirSync(empty);
    const [spoken, refused] = await Promise.all([
      run(["voice", "check", model, file]),
      run(["voice", "check", empty], { env: { LANG: "ru_RU.UTF-8" } }),
    ]);
    assert.equal(spoken.code, 0, spoken.errors);
    assert.match(spoken.out, /^The model loads in \d+ ms and takes \d\d+ MiB of memory\.\n/);
    assert.match(spoken.out, /\nHeard in \d+ ms, of 2\.7 s: да no нет yes\n$/);
    assert.ok(spoken.errors.endsWith(`voice:\n  folder: ${model}\n`), spoken.errors);
    assert.equal(refused.code, 1);
    assert.match(refused.errors, /в папке нет tokens\.txt/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
