import assert from "node:assert/strict";
import { execFile, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { NodeProcess, startWithEmulator, until } from "./node-process.ts";

// The programs in examples/, and the lines of the documents that speak OpenAI's words, run as their readers would.

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const example = (name: string): string => join(root, "examples", name);

test("examples/openai.ts streams, and answers with the help of its tool", async () => {
  await using both = await startWithEmulator({
    rules: [
      { text: /time/, times: 1, reply: { toolCalls: [{ name: "clock", arguments: {} }] } },
      { text: /time/, reply: "Noon. Полдень." },
      { reply: "Hello. Привет." },
    ],
  });
  const args = [example("openai.ts"), `http://127.0.0.1:${both.node.port}`];
  const { stdout } = await run(process.execPath, args, { timeout: 40_000 });
  assert.equal(stdout, "Hello. Привет.\nNoon. Полдень.\n");
});

const lacking = (program: string, ...args: string[]): string | false =>
  spawnSync(program, args).status === 0 ? false : `${[program, ...args].join(" ")} fails here`;

test("examples/say.sh is answered three times", { skip: lacking("socat", "-V") }, async () => {
  await using node = await NodeProcess.start();
  const args = [node.home, `http://127.0.0.1:${node.port}`];
  const { stdout } = await run(example("say.sh"), args, { timeout: 40_000 });
  const [self, journal, ...lines] = stdout
    .split("\n")
    // Empty lines ask whoever has closed his sending side whether he is still there.
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(self?.["answeredBy"], "command");
  assert.ok(Array.isArray(journal?.["events"]) && journal["events"].length === 1, stdout);
  const answers = lines.map(({ id, type }) => `${String(id)} ${String(type)}`);
  assert.deepEqual(answers.toSorted(), ["1 result", "2 result"]);
});

test(
  "examples/talk.py talks, reads word by word, and reads the journal",
  {
    skip: lacking("python3", "-c", "import requests"),
  },
  async () => {
    await using both = await startWithEmulator({ rules: [{ reply: "Ответ. Answer." }] });
    const { node } = both;
    const args = [example("talk.py"), node.home, `http://127.0.0.1:${node.port}`];
    const env = { ...process.env, PYTHONIOENCODING: "utf-8" };
    const { stdout } = await run("python3", args, { timeout: 40_000, env });
    const lines = stdout.trimEnd().split("\n");
    assert.equal(lines[0], "Ответ. Answer.");
    assert.ok(lines.slice(1, -3).includes("Ответ. Answer."), stdout);
    assert.match(lines.at(-1) ?? "", /^\d+ [a-z.]+$/);
  },
);

test("examples/follow.ts prints each record once, across a restart of the node", async () => {
  await using node = await NodeProcess.start();
  const address = `ws://127.0.0.1:${node.port}`;
  const child = spawn(process.execPath, [example("follow.ts"), node.home, address]);
  try {
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    await node.say({ text: "describe_self" });
    const before = (await node.journal()).length;
    await until("the records", () => out.split("\n").length > before);
    await node.restart();
    await node.say({ text: "/help" });
    const last = (await node.journal()).at(-1)?.["seq"];
    await until("the last record", () => out.includes(`\n${last} `), 20_000);
    const seqs = out
      .trimEnd()
      .split("\n")
      .map((line) => Number(line.split(" ")[0]));
    assert.deepEqual(
      seqs,
      seqs.map((_, index) => index + 1),
    );
  } finally {
    child.kill();
  }
});

const withoutCurl = lacking("curl", "--version");

for (const file of [
  "README.md",
  "README.ru.md",
  "docs/guide/en/openai-clients.md",
  "docs/guide/ru/openai-clients.md",
])
  test(`${file}: the curl line for /v1 is answered`, { skip: withoutCurl }, async () => {
    await using both = await startWithEmulator({ rules: [{ reply: "Hello. Привет." }] });
    const text = readFileSync(join(root, file), "utf8");
    const [, command = ""] =
      /^```sh\n(curl [^`]*\/v1\/chat\/completions[^`]*)^```/m.exec(text) ?? [];
    assert.notEqual(command, "", "there is one");
    const line = command.replace(":7860/", `:${both.node.port}/`);
    const { stdout } = await run("sh", ["-c", line], { timeout: 40_000 });
    assert.equal(JSON.parse(stdout).choices[0].message.content, "Hello. Привет.");
  });
