import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startOpenAiEmulator, type OpenAiEmulator } from "@adyton/emulators";
import {
  collect,
  hasControls,
  jsonLines,
  lacks,
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
import { lastingPort } from "../../packages/core/test/lasting-port.ts";

// Starting a node and looking after it, in folders with a space and Cyrillic in their names.
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

describe("adyton up", () => {
  it("says where it listens, its model, its token and how to say hello", () => {
    const out = node.out();
    assert.match(out, new RegExp(`http://127\\.0\\.0\\.1:${node.port}`));
    assert.match(out, /emulated-chat|Model: /);
    assert.ok(out.includes(join(home, "token")), out);
    assert.match(out, /curl -s .*"text":"hello"/);
    assert.equal(hasControls(out), false);
    assert.equal(statSync(home).mode & 0o777, 0o700);
  });

  it("prints a hello that works when it is pasted", { skip: lacks("curl") }, async () => {
    const line = /^ {2}(curl .*)$/m.exec(node.out())?.[1] ?? "";
    const child = spawn("sh", ["-c", line], {
      stdio: ["ignore", "pipe", "pipe"],
      timeout: waitMsMax,
    });
    const out = collect(child);
    await once(child, "close");
    assert.equal(typeof JSON.parse(out()).text, "string", out());
  });

  it("refuses a second node on the same folder and says so in Russian", async () => {
    const second = await run(["up", "--home", home, "--port", "0"], {
      env: { LC_ALL: "ru_RU.UTF-8" },
    });
    assert.equal(second.code, 1);
    assert.match(second.errors, /уже работает узел/);
  });

  it("refuses a port that is taken and names another", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => {
      taken.listen(0, "127.0.0.1", resolve);
    });
    const { port } = taken.address() as AddressInfo;
    const other = join(place, "second");
    const refused = await run(["up", "--home", other, "--port", String(port), "--backend", "none"]);
    const ill = await run(["doctor", "--home", other, "--port", String(port), "--json"]);
    taken.close();
    assert.equal(ill.code, 1);
    const failed = JSON.parse(ill.out).findings.filter(
      ({ status }: { status: string }) => status === "fail",
    );
    assert.ok(
      failed.some(({ check }: { check: string }) => check === "port"),
      ill.out,
    );
    assert.equal(refused.code, 1);
    assert.match(refused.errors, /port is taken/);
    if (process.platform === "linux")
      assert.ok(refused.errors.includes(`process ${process.pid}: `), refused.errors);
    assert.ok(refused.errors.includes(`--port ${port + 1}`), refused.errors);
  });

  it("refuses a configuration whole, each mistake with its line", async () => {
    const other = join(place, "mistaken");
    await run(["init", "--home", other]);
    writeFileSync(join(other, "adyton.yaml"), "listen:\n  prt: 1\nturns:\n  history_turns: many\n");
    const refused = await run(["up", "--home", other]);
    assert.equal(refused.code, 1);
    assert.match(refused.errors, /adyton\.yaml:2:.*prt/);
    assert.match(refused.errors, /adyton\.yaml:4:.*history_turns/);
    const checked = await run(["config", "check", "--home", other, "--json"]);
    assert.equal(checked.code, 1);
    const lines = JSON.parse(checked.out).problems.map(({ line }: { line: number }) => line);
    assert.deepEqual(lines, [2, 4]);
  });

  it("stops at Ctrl-C with everything on disk and leaves no run.json", async () => {
    const other = join(place, "stopping");
    const running = await up(["--home", other, "--backend", "none"]);
    assert.ok(existsSync(join(other, "run.json")));
    assert.equal(await stop(running.child, "SIGINT"), 0);
    assert.match(running.out(), /Stopping/);
    assert.equal(existsSync(join(other, "run.json")), false);
    const verified = await run(["journal", "verify", "--home", other, "--json"]);
    assert.equal(verified.code, 0, verified.out + verified.errors);
    assert.equal(JSON.parse(verified.out).clean, true);
  });

  it("ends at once at the second Ctrl-C, whatever is still going on", async () => {
    emulator.setRules([{ text: /endless/, reply: "again and again ".repeat(20_000) }]);
    const other = join(place, "hasty");
    const { child, out } = await up(["--home", other, "--backend", emulator.url]);
    const talking = run(["say", "endless", "--home", other]);
    await until(() => emulator.active > 0, out);
    child.kill("SIGINT");
    await until(() => out().includes("Stopping"), out);
    assert.equal(await stop(child, "SIGINT"), 130);
    assert.notEqual((await talking).code, 0);
    emulator.setRules([]);
  });

  it("tells a program what happens as lines of JSON", async () => {
    const child = start([
      "up",
      "--json",
      "--port",
      "0",
      "--backend",
      "none",
      "--home",
      join(place, "json"),
    ]);
    const out = collect(child);
    await until(() => out().includes('"listening"'), out);
    await stop(child);
    const kinds = jsonLines(out()).map((notice) => Reflect.get(notice, "kind"));
    assert.deepEqual(kinds.slice(0, 2), ["first_start", "no_backend"]);
    assert.ok(kinds.includes("listening"));
  });
});

describe("every command as JSON", () => {
  const file = () => {
    const path = join(place, "заметка.md");
    writeFileSync(path, "# Котёл\n\nКотёл чинила Анна в мае.\n");
    return path;
  };
  const commands: readonly (readonly [code: number, args: () => string[]])[] = [
    [0, () => ["say", "hello"]],
    [0, () => ["command", "help"]],
    [0, () => ["command", "switch_mode", "mode=EXTRACTIVE", "-c", "кухня"]],
    [0, () => ["prompt", "Отвечай стихами.", "-c", "кухня"]],
    [1, () => ["prompt", "remove", "ovl_00000000"]],
    [0, () => ["self"]],
    [0, () => ["memory", "add", file()]],
    [1, () => ["memory", "add", join(place, "nothing.md"), file()]],
    [0, () => ["memory", "list"]],
    [0, () => ["usage", "--days", "7"]],
    [0, () => ["token", "add", "boiler", "--may", "event", "--expires", "30d"]],
    [0, () => ["token", "list"]],
    [0, () => ["token", "revoke", "boiler"]],
    [1, () => ["token", "revoke", "nobody"]],
    [0, () => ["health"]],
    [0, () => ["journal", "backup"]],
    [0, () => ["journal", "verify"]],
    [1, () => ["journal", "accept"]],
    [1, () => ["journal", "rebuild"]],
    [1, () => ["journal", "restore", "nowhere"]],
    [0, () => ["config", "check"]],
    [0, () => ["config", "show"]],
    [0, () => ["doctor"]],
    [0, () => ["init"]],
    [1, () => ["init"]],
    [0, () => ["completion", "bash"]],
    [0, () => ["version"]],
    [2, () => ["token", "add", "boiler", "--may", "fly"]],
    [2, () => ["usage", "--days", "0"]],
    [2, () => ["nonsense"]],
  ];
  for (const [code, args] of commands)
    it(`parses and ends with ${code}: ${args()
      .join(" ")
      .replace(/\S*\/\S*/g, "FILE")}`, async () => {
      const ended = await ask([...args(), "--json"]);
      assert.equal(ended.code, code, ended.out + ended.errors);
      const value: unknown = JSON.parse(ended.out);
      assert.ok(typeof value === "object" && value !== null);
      if (code === 2)
        assert.equal(Reflect.get(Object(Reflect.get(value, "error")), "code"), "usage");
    });

  it("writes each record of the journal on a line", async () => {
    const { code, out } = await ask(["logs", "-n", "3", "--json"]);
    assert.equal(code, 0);
    const seqs = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).seq);
    assert.equal(seqs.length, 3);
    const rest = await ask(["logs", "--after", String(seqs[0]), "-n", "1", "--json"]);
    assert.equal(JSON.parse(rest.out).seq, seqs[1]);
  });
});

describe("a node that is away", () => {
  it("is told apart from a failure, with the way to start it", async () => {
    const nowhere = join(place, "nowhere");
    const args = ["health", "--home", nowhere, "--port", String(await lastingPort())];
    const english = await run(args);
    assert.equal(english.code, 69);
    assert.match(english.errors, /No node answers[^]*adyton up --port/);
    assert.equal(hasControls(english.errors), false);
    const russian = await run(args, { env: { LC_ALL: "ru_RU.UTF-8" } });
    assert.match(russian.errors, /узел не отвечает/);
    assert.equal(existsSync(nowhere), false);
  });

  it("still has its journal backed up, restored and verified", async () => {
    const old = join(place, "old");
    const fresh = join(place, "fresh");
    const copy = join(place, "copy");
    const running = await up(["--home", old, "--backend", "none"]);
    await run(["say", "запомни меня", "--home", old]);
    await stop(running.child);
    const backup = await run(["journal", "backup", copy, "--home", old, "--json"]);
    assert.equal(backup.code, 0, backup.errors);
    const restored = await run(["journal", "restore", copy, "--home", fresh]);
    assert.equal(restored.code, 0, restored.errors);
    assert.equal((await run(["journal", "verify", "--home", fresh])).code, 0);
    assert.ok(readFileSync(join(fresh, "journal.db")).includes("запомни меня"));
    assert.equal((await run(["journal", "verify", "--home", join(place, "none")])).code, 1);
  });
});

describe("adyton --help", () => {
  it("shows examples for a command, in English and in Russian", async () => {
    for (const [locale, examples, usage] of [
      ["C.UTF-8", /Examples:/, /Usage:/],
      ["ru_RU.UTF-8", /Примеры:/, /Вызов:/],
    ] as const) {
      const { code, out } = await run(["journal", "restore", "--help"], {
        env: { LC_ALL: locale },
      });
      assert.equal(code, 0);
      assert.match(out, examples);
      assert.match(out, usage);
    }
  });
});

describe("adyton emulate openai", () => {
  it("runs until it is stopped and says how to use it", async () => {
    const child = start(["emulate", "openai", "--port", "0", "--model", "tiny"]);
    const out = collect(child);
    await until(() => /adyton up --backend http:\S+/.test(out()), out);
    const url = /adyton up --backend (http:\S+)/.exec(out())?.[1];
    const models = await (await fetch(`${url}/models`)).text();
    assert.ok(models.includes('"tiny"'), models);
    assert.equal(await stop(child, "SIGINT"), 0);
  });
});

describe("adyton emulate telegram", () => {
  it("is the same bot after a restart, with updates the node has not had", async () => {
    const folder = mkdtempSync(join(tmpdir(), "adyton emulated "));
    const seen: { readonly token: string; readonly update: number }[] = [];
    for (let times = 0; times < 2; times += 1) {
      const child = start(["emulate", "telegram", "--port", "0", "--home", folder, "--json"]);
      const out = collect(child);
      await until(() => out().includes("}"), out);
      const { apiRoot, tokenFile } = JSON.parse(out());
      const token = readFileSync(tokenFile, "utf8").trim();
      await fetch(`${apiRoot}/chat`, { method: "POST", body: '{"text":"привет"}' });
      const answer = await fetch(`${apiRoot}/bot${token}/getUpdates`);
      const { result } = JSON.parse(await answer.text());
      seen.push({ token, update: result[0].update_id });
      assert.equal(await stop(child, "SIGINT"), 0);
    }
    rmSync(folder, { recursive: true });
    const [first, second] = seen;
    assert.ok(first !== undefined && second !== undefined);
    assert.equal(second.token, first.token);
    assert.ok(second.update > first.update);
  });
});
