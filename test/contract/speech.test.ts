import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { checkSpeech } from "@adyton/core/speech";
import { systemClock } from "@adyton/runtime/clock";
import {
  LocalTranscriber,
  type LocalTranscriberOptions,
} from "../../packages/core/src/adapters/sherpa/local-transcriber.ts";
import { localSpeechWords } from "../../packages/core/src/adapters/sherpa/local-speech-words.ts";
import {
  fourTones,
  fourTonesSeconds,
  repeatedTones,
} from "../../packages/core/src/adapters/sherpa/test/ogg-recording.ts";
import {
  onnxFile,
  wordsOfTones,
  writeSpeechModel,
} from "../../packages/core/src/adapters/sherpa/test/tiny-speech-model.ts";
import { until } from "../e2e/node-process.ts";
import { speechEngineMissing } from "../e2e/speech-engine.ts";

// Speech recognised by the node itself: sherpa-onnx in its process, with a model that was made here and knows four tones.

const skip = await speechEngineMissing();
const folder = mkdtempSync(join(tmpdir(), "adyton-tones-"));
after(() => rmSync(folder, { recursive: true }));
const model = writeSpeechModel(join(folder, "tones"));
const said = wordsOfTones.join(" ");
const never = new AbortController().signal;

const open = (more: Partial<LocalTranscriberOptions> = {}): LocalTranscriber =>
  new LocalTranscriber({ folder: model, language: "en", clock: systemClock, ...more });

const hear = (transcriber: LocalTranscriber, bytes: Uint8Array = fourTones, signal = never) =>
  transcriber.hear({ bytes, name: "voice.ogg", mediaType: "audio/ogg" }, signal);

/** The processes that recognise speech for this test, by their settings in /proc. */
function processes(): readonly number[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
  return children
    .split(" ")
    .filter((pid) => pid !== "")
    .map(Number)
    .filter((pid) => commandOf(pid).includes(folder));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

const oneProcess = () => until("one process", () => processes().at(0));
const noProcess = () => until("no process", () => (processes().length === 0 ? true : undefined));

describe("speech that the node recognises itself", { skip }, () => {
  it("is written down in both languages, by a process that starts with the first recording", async () => {
    await using transcriber = open();
    transcriber.start();
    assert.deepEqual(processes(), []);
    assert.deepEqual(await hear(transcriber), { kind: "heard", words: said });
    const [pid] = processes();
    assert.ok(pid !== undefined);
    assert.deepEqual(await hear(transcriber), { kind: "heard", words: said });
    assert.deepEqual(processes(), [pid], "one process hears one recording after the other");
    const works = { name: "voice", status: "ok", detail: localSpeechWords.works.en };
    assert.deepEqual(transcriber.health(), works);
  });

  it("is written down whole where a recording is longer than the model takes", async () => {
    await using transcriber = open();
    const words = Array.from({ length: 25 }, () => said).join(" ");
    assert.deepEqual(await hear(transcriber, repeatedTones(25)), { kind: "heard", words });
  });

  it("is heard in turn where two speak at once", async () => {
    await using transcriber = open();
    const [one, other] = await Promise.all([
      hear(transcriber),
      hear(transcriber, repeatedTones(2)),
    ]);
    assert.deepEqual(one, { kind: "heard", words: said });
    assert.deepEqual(other, { kind: "heard", words: `${said} ${said}` });
    assert.equal(processes().length, 1);
  });

  for (const [seconds, isTaken] of [
    [fourTonesSeconds, true],
    [2.699, false],
  ] as const)
    it(`is taken up to ${seconds} s: ${isTaken}`, async () => {
      await using transcriber = open({ limits: { secondsMax: seconds } });
      const tooLong = { kind: "failed", detail: localSpeechWords.tooLong(seconds / 60) };
      assert.deepEqual(await hear(transcriber), isTaken ? { kind: "heard", words: said } : tooLong);
    });

  it("is not looked for in other files, nor in damaged ones, and the next recording is heard", async () => {
    await using transcriber = open();
    const others = [
      Buffer.alloc(0),
      Buffer.from("RIFF....WAVEfmt "),
      Buffer.from("OggS, says a text, and OpusHead"),
      Buffer.concat([fourTones.subarray(0, 100), Buffer.alloc(4_000, 0x55)]),
    ];
    const failed = { kind: "failed", detail: localSpeechWords.notOpus };
    for (const bytes of others) assert.deepEqual(await hear(transcriber, bytes), failed);
    assert.equal(transcriber.health().status, "ok");
    assert.deepEqual(await hear(transcriber), { kind: "heard", words: said });
  });
});

describe("the process that recognises speech", { skip }, () => {
  it("ends when nobody speaks for a while, and starts again with the next recording", async () => {
    await using transcriber = open({ limits: { idleMsMax: 1 } });
    for (let round = 0; round < 2; round += 1) {
      assert.deepEqual(await hear(transcriber), { kind: "heard", words: said });
      await noProcess();
    }
  });

  it("is started again when it was killed, and says how the recording was lost", async () => {
    await using transcriber = open();
    const lost = hear(transcriber, repeatedTones(100));
    process.kill(await oneProcess(), "SIGKILL");
    assert.equal((await lost).kind, "failed");
    const { status, detail = "" } = transcriber.health();
    assert.equal(status, "degraded");
    assert.match(detail, /signal SIGKILL, perhaps for want of memory/);
    assert.deepEqual(await hear(transcriber), { kind: "heard", words: said });
    assert.equal(transcriber.health().status, "ok");
  });

  it("is ended at its limit of memory", async () => {
    await using transcriber = open({ limits: { residentMibMax: 1 } });
    assert.equal((await hear(transcriber)).kind, "failed");
    assert.match(transcriber.health().detail ?? "", /took more than 1 MiB of memory/);
    await noProcess();
  });

  it("is ended at its limit of time", async () => {
    await using transcriber = open({ limits: { hearMsMax: 1 } });
    const detail = localSpeechWords.tooSlow(0.001);
    assert.deepEqual(await hear(transcriber), { kind: "failed", detail });
    await noProcess();
  });

  it("is ended with the signal, and with the node", async () => {
    const stop = new AbortController();
    const transcriber = open();
    const stopped = hear(transcriber, repeatedTones(100), stop.signal);
    await oneProcess();
    stop.abort(new Error("not any more"));
    await assert.rejects(stopped, /not any more/);
    await noProcess();
    const last = hear(transcriber, repeatedTones(100));
    const ended = assert.rejects(last, /not recognised any more/);
    await oneProcess();
    await transcriber[Symbol.asyncDispose]();
    await ended;
    assert.deepEqual(processes(), []);
  });
});

describe("a model for speech that is no good", { skip }, () => {
  const vague = writeSpeechModel(join(folder, "vague"), {
    metadata: { model_type: "EncDecCTCModel" },
  });
  const broken = writeSpeechModel(join(folder, "broken"));
  const nothing = onnxFile(Buffer.from("no graph at all"), { model_type: "zipformer2_ctc" });
  writeFileSync(join(broken, "model.onnx"), nothing);
  const empty = writeSpeechModel(join(folder, "empty"));
  rmSync(join(empty, "tokens.txt"));
  const cases = [
    ["without what sherpa-onnx must know of it", vague, /sherpa-onnx cannot load .*vocab_size/],
    ["that is none inside", broken, /sherpa-onnx cannot load .*model\.onnx/],
    ["without its tokens", empty, /cannot be used: the folder has no tokens\.txt/],
    ["that is not there", join(folder, "none"), /cannot be used: there is no such folder/],
  ] as const;
  for (const [name, at, reason] of cases)
    it(`${name} is told to the owner, and to whoever speaks that it cannot be heard`, async () => {
      await using transcriber = open({ folder: at });
      assert.deepEqual(await hear(transcriber), { kind: "failed", detail: localSpeechWords.down });
      const { status, detail = "" } = transcriber.health();
      assert.equal(status, "degraded");
      assert.match(detail, reason);
      const checked = await checkSpeech({ folder: at, onStep: () => undefined, signal: never });
      assert.equal(checked.kind, "refused");
      await noProcess();
    });
});

it("says what to run where the engine is not installed", async () => {
  const missing = join(folder, "none");
  const engine = { folder: missing, main: missing, lockfile: missing, stamp: missing };
  await using transcriber = open({ engine, language: "ru" });
  transcriber.start();
  assert.deepEqual(await hear(transcriber), { kind: "failed", detail: localSpeechWords.down });
  assert.equal(transcriber.health().detail, localSpeechWords.notInstalled.ru);
});
