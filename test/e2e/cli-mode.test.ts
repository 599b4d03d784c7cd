import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { hasControls, run, stop, up } from "./cli-process.ts";

// adyton mode: a mode of one's own from its template to its use, in both languages.

for (const [language, words] of [
  [
    "en_US.UTF-8",
    { model: "memory, without a model", limits: "8 calls", unknown: /Did you mean editor/ },
  ],
  ["ru_RU.UTF-8", { model: "память, без модели", limits: "обращений: 8", unknown: /editor/ }],
] as const)
  it(`makes, checks, lists and shows a mode (${language})`, async () => {
    const home = mkdtempSync(join(tmpdir(), "adyton mode "));
    const env = { LC_ALL: language };
    const ask = (...args: string[]) => run([...args, "--home", home], { env });
    const file = join(home, "modes", "editor.yaml");
    try {
      const made = await ask("mode", "new", "editor");
      assert.equal(made.code, 0, made.errors);
      assert.ok(made.out.includes(file));
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const written = readFileSync(file, "utf8");
      assert.equal((await ask("mode", "new", "Editor")).code, 1, "what is there is kept");
      assert.equal(readFileSync(file, "utf8"), written);
      assert.equal((await ask("mode", "new", "RAG")).code, 2, "the name is the node's");
      assert.equal((await ask("mode", "new", "9")).code, 2);
      const sound = await ask("config", "check");
      assert.deepEqual([sound.code, sound.out.includes("editor")], [0, true], sound.errors);

      const node = await up(["--home", home, "--backend", "none"]);
      try {
        const listed = await ask("mode", "list");
        for (const word of ["DIRECT", "RECURSIA", "editor", words.model, words.limits])
          assert.ok(listed.out.includes(word), `${word}: ${listed.out}`);
        assert.ok(!hasControls(listed.out));
        const { modes } = JSON.parse((await ask("mode", "list", "--json")).out);
        assert.deepEqual(modes.at(-1).id, "editor");
        const shown = await ask("mode", "show", "EDITOR");
        assert.match(shown.out, /editor ·/);
        assert.match(shown.out, language.startsWith("ru") ? /трёх предложений/ : /three sentences/);
        const unknown = await ask("mode", "show", "editr");
        assert.equal(unknown.code, 1);
        assert.match(unknown.errors, words.unknown);
        const said = await ask("command", "mode", "-c", "c");
        assert.match(said.out, /EXTRACTIVE.*\n.*editor/);
        const complete = await ask("completion", "bash");
        assert.match(complete.out, /recursia echo mirror fold editor/);
      } finally {
        await stop(node.child);
      }

      appendFileSync(file, "colour: red\n");
      const faulty = await ask("config", "check");
      assert.equal(faulty.code, 1);
      assert.match(faulty.out, /editor\.yaml:\d+:1 colour: /);
      const doctor = await ask("doctor");
      assert.match(doctor.out, /FAIL +config +.*editor\.yaml/);
      const refused = await ask("up", "--port", "0", "--backend", "none");
      assert.notEqual(refused.code, 0);
      assert.match(refused.errors, /editor\.yaml:\d+:1 colour: /);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
