import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import { commandEntries } from "./command-table.ts";
import { completionScript, shellNames } from "./completion-script.ts";
import { en } from "./texts/en.ts";
import { ru } from "./texts/ru.ts";
import { translator } from "./texts/translate.ts";

const script = completionScript("bash", translator(ru), ["rag", "editor"]);

function completions(line: string): string[] {
  const words = line.split(" ");
  const program = `${script}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length - 1}
_adyton
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-c", program], {
    encoding: "utf8",
    timeout: 30_000,
  });
  assert.equal(status, 0, stderr);
  return stdout.split("\n").filter((word) => word !== "");
}

describe("completion in bash", { skip: hasBash() ? false : "there is no bash here" }, () => {
  const cases: readonly (readonly [line: string, words: string[]])[] = [
    ["adyton s", ["say", "self"]],
    ["adyton jou", ["journal"]],
    ["adyton journal ", ["verify", "backup", "restore", "accept", "rebuild"]],
    ["adyton --home /tmp journal v", ["verify"]],
    ["adyton token add boiler --m", ["--may"]],
    ["adyton say --con", ["--conversation"]],
    ["adyton completion z", ["zsh"]],
    ["adyton mode show ed", ["editor"]],
    ["adyton say -m ", ["rag", "editor"]],
    ["adyton nothing-of-the-kind x", []],
  ];
  for (const [line, words] of cases)
    it(`completes “${line}”`, () => {
      const found = completions(line);
      for (const word of words) assert.ok(found.includes(word), `${word} of ${found.join(" ")}`);
      const last = line.split(" ").at(-1) ?? "";
      assert.ok(found.every((word) => word.startsWith(last)));
      if (words.length === 0) assert.deepEqual(found, []);
    });
});

describe("completion scripts", () => {
  for (const shell of shellNames)
    it(`name every command in ${shell}, in both languages`, () => {
      for (const texts of [en, ru]) {
        const text = completionScript(shell, translator(texts), ["rag", "editor"]);
        for (const { path } of commandEntries)
          assert.ok(text.includes(path.split(" ").at(-1) ?? ""), path);
        assert.match(text, /mode.*editor/);
      }
    });
});

function hasBash(): boolean {
  return spawnSync("bash", ["--version"]).status === 0;
}
