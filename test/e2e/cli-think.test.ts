import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { startOpenAiEmulator, type OpenAiEmulator } from "@adyton/emulators";
import { hasControls, run, type Running, stop, up } from "./cli-process.ts";

// adyton think and adyton rethink: the steps beside the answer, in both languages.

let place: string;
let emulator: OpenAiEmulator;
let node: Running;

before(async () => {
  place = mkdtempSync(join(tmpdir(), "adyton think "));
  emulator = await startOpenAiEmulator();
  node = await up(["--home", place, "--backend", emulator.url]);
});

after(async () => {
  await stop(node.child);
  await emulator[Symbol.asyncDispose]();
  rmSync(place, { recursive: true, force: true });
});

for (const [language, question, words] of [
  [
    "en_US.UTF-8",
    "Calculate 17 * 23",
    ["draft made", "check fails", "accepted: better", "end: passed", "improved, by a check"],
  ],
  [
    "ru_RU.UTF-8",
    "Посчитай 17 * 23",
    [
      "черновик готов ",
      "проверка не пройдена",
      "принято: лучше",
      "конец: решено",
      "улучшено, по проверке",
    ],
  ],
] as const)
  it(`shows the steps beside the answer (${language})`, async () => {
    emulator.setRules([{ times: 1, reply: "400" }, { reply: "391" }]);
    const env = { LC_ALL: language };
    const ask = (...args: string[]) => run([...args, "--home", place], { env });
    const thought = await ask("think", question, "--watch", "-c", language);
    assert.deepEqual([thought.code, thought.out], [0, "391\n"], thought.errors);
    for (const word of words)
      assert.ok(thought.errors.includes(word), `${word}: ${thought.errors}`);
    assert.equal(hasControls(thought.errors), false, "colours are for a terminal");
    const quiet = await ask("think", question, "-c", language);
    assert.ok(!quiet.errors.includes(words[0]), quiet.errors);
    const again = await ask("rethink", "--watch", "-c", language);
    assert.equal(again.code, 0, again.errors);
    assert.match(again.out, /^391\n\n— (?:Not improved|Не улучшено): /u);
    const json = await ask("rethink", "2", "--json", "-c", language);
    assert.equal(JSON.parse(json.out).recursia.answer, "391");
    for (const beyond of ["0", "21", "abc"]) {
      const refused = await ask("rethink", beyond, "-c", language);
      assert.equal(refused.code, 2);
      assert.match(refused.errors, /1 (?:to|до) 20/);
    }
    const none = await ask("rethink", "20", "-c", language);
    assert.equal(none.code, 1);
    const nothing = await ask("think", " ");
    assert.equal(nothing.code, 2);
  });
