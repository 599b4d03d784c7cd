import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { startOpenAiEmulator } from "@adyton/emulators";
import { run, stop, until, up } from "./cli-process.ts";

// The document and the question that the readme begins with, as a newcomer types them, on a node that knows its manual.

const root = join(import.meta.dirname, "../..");

for (const [readme, locale, quotedNote] of [
  ["README.md", "en_US.UTF-8", "without a model"],
  ["README.ru.md", "ru_RU.UTF-8", "без модели"],
] as const)
  it(`${readme}: the question is answered from the document`, async () => {
    const printed = readFileSync(join(root, readme), "utf8");
    const [, text = "", title = ""] =
      /echo "([^"]+)" \| \.\/adyton memory add - --title (\S+)/u.exec(printed) ?? [];
    const asked = [...printed.matchAll(/adyton say -m extractive "([^"]+)"/gu)];
    const question = asked.at(-1)?.[1] ?? "";
    assert.ok(text !== "" && title !== "" && question !== "", "the readme shows both commands");
    const home = mkdtempSync(join(tmpdir(), "adyton-readme-"));
    await using emulator = await startOpenAiEmulator();
    const { child, port } = await up(["--home", home, "--backend", emulator.url]);
    const ask = (args: string[], input?: string) =>
      run([...args, "--home", home, "--port", String(port)], {
        env: { LC_ALL: locale },
        ...(input === undefined ? {} : { input }),
      });
    try {
      await until(async () => {
        const { out } = await ask(["memory", "list", "--json"]);
        return ["en", "ru"].every((language) => out.includes(`guide/${language}/workers.md`));
      });
      const added = await ask(["memory", "add", "-", "--title", title], `${text}\n`);
      assert.equal(added.code, 0, added.errors);
      const quoted = await ask(["say", "-m", "extractive", question]);
      assert.ok(quoted.out.startsWith(text), quoted.out);
      assert.ok(quoted.errors.includes(quotedNote), quoted.errors);
      const read = await ask(["say", "-m", "rag", question]);
      assert.ok(read.out.startsWith(text), read.out);
      assert.ok(!read.errors.includes(quotedNote), read.errors);
      const nothing = await ask(["say", "-m", "rag", "Qwertyuiop?"]);
      assert.match(nothing.out, /Not found in memory|Не найдено в памяти/u);
      assert.ok(!nothing.errors.includes(quotedNote), nothing.errors);
    } finally {
      await stop(child);
      rmSync(home, { recursive: true });
    }
  });
