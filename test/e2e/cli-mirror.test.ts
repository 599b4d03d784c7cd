import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { type OpenAiEmulator, startOpenAiEmulator } from "@adyton/emulators";
import { hasControls, run, type Running, stop, up } from "./cli-process.ts";

// adyton mirror and adyton resonance: the checks as a table, what was found, what may help, in both languages.

let place: string;
let emulator: OpenAiEmulator;
let node: Running;

before(async () => {
  place = mkdtempSync(join(tmpdir(), "adyton mirror "));
  emulator = await startOpenAiEmulator({ persona: { kind: "lies_about_mode" } });
  node = await up(["--home", place, "--backend", emulator.url]);
});

after(async () => {
  await stop(node.child);
  await emulator[Symbol.asyncDispose]();
  rmSync(place, { recursive: true, force: true });
});

for (const [language, words] of [
  ["en_US.UTF-8", ["check", "measured", "threshold", "warning", "what may help: /new"]],
  ["ru_RU.UTF-8", ["проверка", "измерено", "порог", "внимание", "может помочь: /new"]],
] as const)
  it(`shows each check with its figure and its threshold (${language})`, async () => {
    const env = { LC_ALL: language };
    const mirror = await run(["mirror", "-c", language, "--home", place], { env });
    assert.equal(mirror.code, 0, mirror.errors);
    for (const word of words) assert.ok(mirror.out.includes(word), `${word}: ${mirror.out}`);
    for (const id of ["M1", "M2", "M3", "M4", "M5", "M6"])
      assert.ok(mirror.out.includes(`\n${id} `));
    assert.match(mirror.out, /\nM5 .+right: 4, of: 5, wrong: mode/u);
    assert.equal(hasControls(mirror.out), false, "colours are for a terminal");
    const json = await run(["mirror", "--json", "--home", place], { env });
    assert.deepEqual(JSON.parse(json.out).judge.isUnlocked, true);
  });

it("checks the context fast, with the sixteen checks and the recall", async () => {
  for (const [language, word] of [
    ["en_US.UTF-8", "measured"],
    ["ru_RU.UTF-8", "измерено"],
  ] as const) {
    const env = { LC_ALL: language };
    const pulse = await run(["pulse", "-c", language, "--home", place], { env });
    assert.equal(pulse.code, 0, pulse.errors);
    assert.ok(pulse.out.includes(word), pulse.out);
    for (const id of ["D1", "D16", "M1"]) assert.ok(pulse.out.includes(`\n${id} `), pulse.out);
  }
  const json = await run(["pulse", "--json", "--home", place]);
  assert.equal(JSON.parse(json.out).checks.length, 17);
});

it("leads free text there, and says what is missing", async () => {
  const russian = await run(["resonance", "перепроверь", "контекст", "ядра", "--home", place]);
  assert.match(russian.out, /\nM5 .+wrong: mode/u);
  const asked = await run(["resonance", "sing", "--home", place]);
  assert.match(asked.out, /mirror_self/u);
  const none = await run(["resonance", "--home", place]);
  assert.equal(none.code, 2, none.errors);
  for (const [length, code] of [
    [500, 0],
    [501, 1],
  ] as const) {
    const long = await run(["resonance", "x".repeat(length), "--home", place]);
    assert.equal(long.code, code, long.errors);
  }
});
