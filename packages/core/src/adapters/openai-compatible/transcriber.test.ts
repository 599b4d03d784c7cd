import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type OpenAiEmulatorOptions, startOpenAiEmulator } from "@adyton/emulators";
import { systemClock } from "@adyton/runtime/clock";
import type { Recording } from "../../ports/file-words.ts";
import { transcriptBytesMax } from "./limits.ts";
import { speechWords } from "./speech-words.ts";
import { Transcriber, type TranscriberOptions } from "./transcriber.ts";
import { lastingPort } from "../../../test/lasting-port.ts";

const never = new AbortController().signal;
const said = (text: string, more: Partial<Recording> = {}): Recording => ({
  bytes: Buffer.from(text),
  name: "voice.ogg",
  mediaType: "audio/ogg",
  ...more,
});

const transcriberOf = (url: string, more: Partial<TranscriberOptions> = {}): Transcriber =>
  new Transcriber({ url, model: "whisper-1", language: "en", clock: systemClock, ...more });

/** A server for speech, and what asks it. */
async function startSpeech(
  emulated: OpenAiEmulatorOptions = {},
  more: Partial<TranscriberOptions> = {},
) {
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startOpenAiEmulator(emulated));
  const transcriber = stack.use(transcriberOf(server.url, more));
  const held = stack.move();
  return { server, transcriber, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

describe("Transcriber", () => {
  it("sends a recording as a form, and of its name the ending alone", async () => {
    const apiKey = { reveal: () => "sk-1" };
    await using speech = await startSpeech({ apiKey: "sk-1" }, { spoken: "ru", apiKey });
    const { server, transcriber } = speech;
    const bytes = Buffer.concat([Buffer.from("\r\n--x"), Buffer.alloc(300_000, 0xff)]);
    const name = 'Анна"\r\nX: y.M4A';
    await transcriber.hear({ bytes, name, mediaType: "audio/mp4" }, never);
    await transcriber.hear(said("раз", { name: "?", mediaType: "a\r\nb" }), never);
    const fields = { model: "whisper-1", response_format: "json", language: "ru" };
    assert.deepEqual(
      server.requests.map(({ path, body }) => [path, Object.assign({}, body)]),
      [
        [
          "/v1/audio/transcriptions",
          { name: "recording.m4a", mediaType: "audio/mp4", bytes, fields },
        ],
        [
          "/v1/audio/transcriptions",
          {
            name: "recording.ogg",
            mediaType: "application/octet-stream",
            bytes: Buffer.from("раз"),
            fields,
          },
        ],
      ],
    );
  });

  for (const words of ["Какая погода в Туле?", "What's the weather?"])
    it(`hears “${words}”`, async () => {
      await using speech = await startSpeech();
      assert.deepEqual(await speech.transcriber.hear(said(words), never), {
        kind: "heard",
        words,
      });
      assert.equal(speech.transcriber.health().status, "ok");
    });

  for (const excess of [0, 1])
    it(`takes ${transcriptBytesMax + excess} bytes of an answer: ${excess === 0}`, async () => {
      const frame = JSON.stringify({ text: "" }).length;
      const words = "a".repeat(transcriptBytesMax - frame + excess);
      await using speech = await startSpeech({ transcribe: () => words });
      const heard = await speech.transcriber.hear(said(""), never);
      const unreadable = { kind: "failed", detail: speechWords.unreadable } as const;
      assert.deepEqual(heard, excess === 0 ? { kind: "heard", words } : unreadable);
    });

  const endpoints = ["transcriptions"] as const;
  const failures = [
    ["a key refused", { kind: "status", status: 401 }, speechWords.keyRefused, "degraded"],
    ["no such route", { kind: "status", status: 404 }, speechWords.unknown, "degraded"],
    ["a recording refused", { kind: "status", status: 400 }, speechWords.refused, "ok"],
    ["a failure", { kind: "status", status: 500 }, speechWords.failed, "degraded"],
    ["a web page", { kind: "html" }, speechWords.unreadable, "degraded"],
    ["half an answer", { kind: "invalid_json" }, speechWords.unreadable, "degraded"],
    ["a cut", { kind: "cut_stream", afterTokens: 0 }, speechWords.down, "degraded"],
    ["a closed connection", { kind: "refuse" }, speechWords.down, "degraded"],
    ["no answer in time", { kind: "timeout" }, speechWords.tooSlow(0.2), "degraded"],
  ] as const;
  for (const [name, fault, detail, status] of failures)
    it(`says what happened at ${name}`, async () => {
      await using speech = await startSpeech({}, { msMax: fault.kind === "timeout" ? 200 : 9_000 });
      speech.server.setFault({ ...fault, endpoints }, { times: 1 });
      const { transcriber } = speech;
      assert.deepEqual(await transcriber.hear(said("a"), never), { kind: "failed", detail });
      assert.equal(transcriber.health().status, status);
      assert.deepEqual(await transcriber.hear(said("b"), never), { kind: "heard", words: "b" });
      assert.equal(transcriber.health().status, "ok");
    });

  it("looks at its start whether the server is there, and again until it is", async () => {
    const port = await lastingPort();
    await using transcriber = transcriberOf(`127.0.0.1:${port}`, { language: "ru" });
    const health = () => transcriber.health();
    assert.deepEqual(health(), { name: "voice", status: "ok", detail: speechWords.unasked.ru });
    transcriber.start();
    // Long before a check of an idle server is due.
    const soon = AbortSignal.timeout(10_000);
    while (health().status !== "degraded") await systemClock.sleep(5, soon);
    assert.equal(health().detail, speechWords.down.ru);
    await using server = await startOpenAiEmulator({ port });
    while (health().status !== "ok") await systemClock.sleep(5, soon);
    assert.equal(health().detail, speechWords.works.ru);
    assert.deepEqual(
      server.requests.map(({ path }) => path),
      ["/v1/models"],
    );
  });

  it("ends with the signal, and closes the connection", async () => {
    await using speech = await startSpeech();
    speech.server.setFault({ kind: "timeout", endpoints });
    const stop = new AbortController();
    const hearing = speech.transcriber.hear(said("a"), stop.signal);
    await speech.server.waitForRequests(1, { timeoutMs: 30_000 });
    stop.abort(new Error("stopped"));
    await assert.rejects(hearing, /stopped/);
    const soon = AbortSignal.timeout(10_000);
    while (speech.server.active > 0) await systemClock.sleep(5, soon);
  });
});
