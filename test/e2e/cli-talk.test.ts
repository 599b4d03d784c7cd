import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startOpenAiEmulator, type OpenAiEmulator } from "@adyton/emulators";
import {
  collect,
  environment,
  hasControls,
  jsonLines,
  lacks,
  main,
  run,
  start,
  stop,
  until,
  up,
  waitMsMax,
  type Ended,
  type Running,
  type Wanted,
} from "./cli-process.ts";

// Talking to a node through pipes and a terminal, and following what it does.
/** util-linux: runs a command on a terminal of its own. */
const pseudoTerminal = "script";

let place: string;
let home: string;
let emulator: OpenAiEmulator;
let node: Running;

/** The command against the node of this file. */
const ask = (args: readonly string[], wanted?: Wanted): Promise<Ended> =>
  run([...args, "--home", home], wanted);

before(async () => {
  place = mkdtempSync(join(tmpdir(), "adyton cli "));
  home = join(place, "мой узел");
  emulator = await startOpenAiEmulator({ tokenDelayMs: 5 });
  node = await up(["--home", home, "--backend", emulator.url]);
});

after(async () => {
  await stop(node.child);
  await emulator[Symbol.asyncDispose]();
  rmSync(place, { recursive: true, force: true });
});

describe("adyton say", () => {
  it("streams the model's tokens as they come", async () => {
    const child = start(["say", "Tell me about the sea", "-c", "new", "--home", home]);
    const pieces: string[] = [];
    child.stdout?.setEncoding("utf8").on("data", (piece: string) => pieces.push(piece));
    const [code] = await once(child, "close");
    assert.equal(code, 0);
    assert.ok(pieces.length > 2, `one piece would be no stream: ${pieces.length}`);
    assert.match(pieces.join(""), /\n$/);
  });

  it("sends what is piped, joined to the words, in one message", async () => {
    emulator.clear();
    const said = await ask(["say", "что не так?", "-c", "new"], { input: "ошибка 5\nстрока 2\n" });
    assert.equal(said.code, 0, said.errors);
    const sent = JSON.stringify(emulator.requests.at(-1));
    assert.ok(sent.includes("что не так?") && sent.includes("ошибка 5"), sent);
  });

  it("remembers, because one conversation is kept", async () => {
    await ask(["say", "My boat is called Tern."]);
    emulator.clear();
    await ask(["say", "What is its name?"]);
    assert.ok(JSON.stringify(emulator.requests.at(-1)).includes("Tern"));
    emulator.clear();
    await ask(["say", "And now?", "-c", "new"]);
    assert.ok(!JSON.stringify(emulator.requests.at(-1)).includes("Tern"));
  });

  it("names the source of a quotation once", async () => {
    await until(async () => (await ask(["memory", "search", "Telegram"])).code === 0);
    const quoted = await ask(["say", "-m", "extractive", "Как подключить Телеграм?"]);
    assert.equal(quoted.code, 0, quoted.errors);
    assert.equal(
      quoted.out.match(/Как подключить Телеграм\? \(guide\/ru\/telegram\.md/g)?.length,
      1,
      quoted.out,
    );
    assert.match(quoted.out, /^Источник: .*guide\/ru\//m);
  });

  it("keeps a hostile answer from driving the terminal", async () => {
    emulator.setRules([{ text: /hostile/, reply: "safe\u001b[2J\u001b]0;owned\u0007 end" }]);
    const said = await ask(["say", "hostile", "-c", "new"]);
    emulator.setRules([]);
    assert.equal(hasControls(said.out + said.errors), false);
    assert.match(said.out, /safe end/);
  });

  it("has nothing to say without words or a pipe", async () => {
    assert.equal((await ask(["say"])).code, 2);
    assert.equal((await ask(["say"], { input: "" })).code, 2);
  });

  it("refuses a message over the limit before it is sent", async () => {
    const long = await ask(["say"], { input: "ё".repeat(32_001) });
    assert.equal(long.code, 1);
    assert.match(long.errors, /32000/);
  });

  it("says the node's refusal in words and as JSON", async () => {
    const russian = await ask(["say", "a", "-m", "nosuch"], { env: { LC_ALL: "ru_RU.UTF-8" } });
    assert.equal(russian.code, 1);
    assert.match(russian.errors, /Нет такого режима/);
    const json = await ask(["say", "a", "-m", "nosuch", "--json"]);
    assert.equal(JSON.parse(json.out).error.code, "unknown_mode");
  });
});

describe("adyton on a terminal", { skip: lacks(pseudoTerminal) }, () => {
  function open(conversation: string, columns = 120) {
    const line = `stty cols ${columns}; '${process.execPath}' '${main}' say --home '${home}' -c ${conversation}`;
    const child = spawn(pseudoTerminal, ["-qec", line, "/dev/null"], {
      env: environment({ TERM: "xterm" }),
      stdio: ["pipe", "pipe", "pipe"],
      timeout: waitMsMax,
    });
    return { child, out: collect(child), type: (keys: string) => child.stdin.write(keys) };
  }

  it("holds a conversation that Ctrl-D ends", async () => {
    const { child, out, type } = open("терминал");
    await until(() => out().includes("Ctrl-D"), out);
    type("/help\r");
    await until(() => out().includes("describe_self"), out);
    type("привет\r");
    await until(() => (out().match(/> /g) ?? []).length >= 3, out);
    type("\u0004");
    const [code] = await once(child, "close");
    assert.equal(code, 0, out());
  });

  it("breaks prose between words and leaves code alone", async () => {
    const prose = "слово за словом ".repeat(8).trim();
    const code = "echo one two three four five six seven eight nine";
    emulator.setRules([{ text: /широко/, reply: `${prose}\n\n\`\`\`\n${code}\n\`\`\`\n\nend` }]);
    const { child, out, type } = open("перенос", 32);
    await until(() => out().includes("Ctrl-D"), out);
    type("широко\r");
    await until(() => /^end/m.test(out()), out);
    type("\u0004");
    await once(child, "close");
    emulator.setRules([]);
    const lines = out().split(/\r?\n/);
    const wrapped = lines.filter((line) => line.startsWith("слово") || line.startsWith("за "));
    assert.ok(wrapped.length > 1, out());
    for (const line of wrapped) assert.ok(line.length <= 32, line);
    assert.ok(lines.includes(code), out());
  });

  it("cancels an answer at Ctrl-C, on the model server too, and goes on", async () => {
    emulator.setRules([{ text: /endless/, reply: "again and again ".repeat(5_000) }]);
    const abortedBefore = emulator.aborted;
    const { child, out, type } = open("отмена");
    await until(() => out().includes("Ctrl-D"), out);
    type("endless\r");
    await until(() => out().includes("again and again again"), out);
    type("\u0003");
    await until(() => out().includes("Cancelled"), out);
    await until(() => emulator.aborted > abortedBefore && emulator.active === 0);
    type("/mode\r");
    await until(() => out().includes("Mode: "), out);
    type("\u0004");
    const [code] = await once(child, "close");
    emulator.setRules([]);
    assert.equal(code, 0, out());
  });
});

describe("adyton memory", () => {
  it("finds in Russian what was piped in, and fails when nothing is found", async () => {
    const text = "Насос стоит в подвале за дверью.";
    const added = await ask(["memory", "add", "-", "--title", "Насос"], { input: text });
    assert.equal(added.code, 0, added.errors);
    await until(async () =>
      (await ask(["memory", "search", "где насосы"])).out.includes("подвале"),
    );
    assert.equal((await ask(["memory", "search", "qqqzzz"])).code, 1);
  });
});

describe("adyton token add", () => {
  it("prints the secret alone, and it works", async () => {
    const made = await ask(["token", "add", "script", "--may", "read"]);
    assert.match(made.out, /^\S+\n$/);
    const answer = await fetch(`http://127.0.0.1:${node.port}/api/v1/usage`, {
      headers: { authorization: `Bearer ${made.out.trim()}` },
    });
    await answer.text();
    assert.equal(answer.status, 200);
  });
});

describe("adyton logs -f", () => {
  it("shows what happens while it runs, and goes on after the node was away", async () => {
    const other = join(place, "following");
    const first = await up(["--home", other, "--backend", "none"]);
    const child = start(["logs", "-f", "-n", "1", "--json", "--home", other]);
    const out = collect(child);
    await until(() => out().includes('"seq"'), out);
    await run(["say", "first words", "--home", other]);
    await until(() => out().includes("first words"), out);
    await stop(first.child);
    const second = await up(["--home", other, "--backend", "none", "--port", String(first.port)]);
    await run(["say", "second words", "--home", other]);
    await until(() => out().includes("second words"), out);
    child.kill("SIGKILL");
    await once(child, "close");
    await stop(second.child);
    const seqs = jsonLines(out()).map((record) => Number(Reflect.get(record, "seq")));
    // None twice, none missing, also across the restart.
    assert.deepEqual(
      seqs,
      seqs.map((_, index) => (seqs[0] ?? 0) + index),
    );
  });
});
