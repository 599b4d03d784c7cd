import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { run, stop, up } from "./cli-process.ts";
import { engineMissing, writeModel } from "./embedded-engine.ts";
import { NodeProcess, until } from "./node-process.ts";

// A model file, from the command that adds it to the answers that it gives, and what it does not survive.

const skip = await engineMissing();
const folder = mkdtempSync(join(tmpdir(), "adyton-embedded-e2e-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const pong = writeModel(folder, "Pong Q", { says: "pong" });
const мир = writeModel(folder, "мир", { says: "мир" });
const newHome = () => mkdtempSync(join(folder, "home-"));

const configured = (more = "") => `backends:\n  - name: own\n    embedded: pong\n${more}`;
/** A home with a model that its configuration names. */
function homeWith(file: string | Buffer, config = configured()): string {
  const home = newHome();
  mkdirSync(join(home, "models"), { mode: 0o700 });
  const bytes = typeof file === "string" ? readFileSync(file) : file;
  writeFileSync(join(home, "models", "pong.gguf"), bytes);
  writeFileSync(join(home, "adyton.yaml"), config, { mode: 0o600 });
  return home;
}

const modelPart = async (node: NodeProcess) => {
  const { json } = await node.ask("/api/v1/health", { token: node.owner });
  return json.parts.find(({ name }: { name: string }) => name === "model");
};
const isWell = async (node: NodeProcess) => {
  const part = await modelPart(node);
  return part.status === "ok" && part.detail.endsWith("works");
};

describe("adyton model", { skip }, () => {
  it("adds a file, and the node answers with it by itself", async () => {
    const home = newHome();
    const added = await run(["model", "add", pong, "--home", home]);
    assert.equal(added.code, 0, added.errors);
    assert.match(
      added.out,
      /^Added pong-q: llama, [\d.]+M parameters, F32, window 2048, [\d.]+ MiB/,
    );
    assert.match(added.errors, /Start the node/);
    const listed = await run(["model", "list", "--home", home, "--json"]);
    assert.deepEqual(
      JSON.parse(listed.out).models.map(({ name }: { name: string }) => name),
      ["pong-q"],
    );
    const node = await up(["--home", home]);
    try {
      assert.match(node.out(), /Model: pong-q, run by the node itself/);
      for (const question of ["ping", "Как дела?"]) {
        const said = await run(["say", question, "--home", home]);
        assert.equal(said.code, 0, said.errors);
        assert.equal(said.out.trim(), "pong");
      }
      // A second one is taken up at the next start, which is said.
      const more = await run(["model", "add", мир, "--name", "mir", "--home", home], {
        env: { LANG: "ru_RU.UTF-8" },
      });
      assert.match(more.out, /^Добавлена mir: /);
      assert.match(more.errors, /при следующем запуске/);
    } finally {
      await stop(node.child);
    }
    const again = await up(["--home", home]);
    try {
      assert.equal((await run(["say", "ну?", "--home", home])).out.trim(), "мир");
      // What is removed under a node that runs answers on; that is said, too.
      const removed = await run(["model", "remove", "mir", "--home", home]);
      assert.equal(removed.out, "Removed mir.\n");
      assert.match(removed.errors, /answers with it, it does so until it is stopped/);
      assert.equal((await run(["say", "ну?", "--home", home])).out.trim(), "мир");
    } finally {
      await stop(again.child);
    }
  });

  it("is looked after by doctor", async () => {
    const home = homeWith(pong);
    const doctor = () => run(["doctor", "--home", home, "--port", "1"]);
    assert.match((await doctor()).out, /the model file pong is there, and the engine for it/);
    rmSync(join(home, "models", "pong.gguf"));
    const { out } = await doctor();
    assert.match(out, /the model file pong is missing or cannot be used/);
    assert.match(out, /model add FILE\.gguf/);
  });

  it("removes a file, and not one that the configuration names", async () => {
    const home = homeWith(pong);
    const remove = () => run(["model", "remove", "pong", "--home", home]);
    const refused = await remove();
    assert.equal(refused.code, 1);
    assert.match(refused.errors, /The configuration names the model pong/);
    rmSync(join(home, "adyton.yaml"));
    assert.equal((await remove()).code, 0);
    assert.ok(!existsSync(join(home, "models", "pong.gguf")));
    assert.match((await remove()).errors, /There is no model pong/);
  });

  const foreign = writeModel(folder, "foreign", { architecture: "lxama" });
  const half = join(folder, "half.gguf");
  writeFileSync(half, readFileSync(pong).subarray(0, 100_000));
  const text = join(folder, "text.gguf");
  writeFileSync(text, "привет");
  const cases: ReadonlyArray<readonly [name: string, args: string[], en: RegExp, ru: RegExp]> = [
    ["no GGUF", [text], /it is no GGUF file/, /это не файл GGUF/],
    ["half a file", [half], /cut off: 100000 bytes of/, /обрезан: есть 100000 байт/],
    [
      "an unknown architecture",
      [foreign],
      /architecture "lxama"/,
      /архитектур|architecture "lxama"/,
    ],
    ["no file", [join(folder, "none")], /there is no such file/, /такого файла нет/],
    ["a folder", [folder], /it is a folder/, /это папка/],
    ["a bad name", [pong, "--name", "Ы"], /lower-case letters/, /строчных латинских букв/],
  ];
  for (const [name, args, en, ru] of cases)
    it(`refuses ${name} and says why, in both languages`, async () => {
      const home = newHome();
      const english = await run(["model", "add", ...args, "--home", home]);
      const env = { LANG: "ru_RU.UTF-8" };
      const russian = await run(["model", "add", ...args, "--home", home], { env });
      assert.deepEqual([english.code, russian.code], [1, 1]);
      assert.match(english.errors, en);
      assert.match(russian.errors, ru);
      assert.equal((await run(["model", "list", "--home", home, "--json"])).out, '{"models":[]}\n');
    });
});

describe("a node with an embedded model", { skip }, () => {
  it("answers whole and as a stream over HTTP, and to OpenAI's clients", async () => {
    await using node = await NodeProcess.start({ home: homeWith(pong), backend: "configured" });
    await until("the model", () => isWell(node));
    const { json } = await node.say({ text: "ping" });
    assert.equal(json.text, "pong");
    assert.equal(json.model, "pong");
    assert.equal(json.usage.estimated, false);
    let shown = "";
    const body = { text: "пинг", stream: true };
    for await (const { event, data } of node.stream("/api/v1/message", { token: node.owner, body }))
      if (event === "delta") shown += data.text;
    assert.equal(shown, "pong");
    const chat = await node.ask("/v1/chat/completions", {
      token: node.owner,
      body: { model: "adyton/direct", messages: [{ role: "user", content: "ping" }] },
    });
    assert.equal(chat.json.choices[0].message.content, "pong");
  });

  it("goes on when the model's process is killed, and has another soon", async () => {
    await using node = await NodeProcess.start({ home: homeWith(pong), backend: "configured" });
    await until("the model", () => isWell(node));
    const [first] = modelProcesses(node.pid);
    assert.ok(first !== undefined);
    process.kill(first, "SIGKILL");
    // What is asked meanwhile is tried again until the next process answers.
    assert.equal((await node.say({ text: "ping" })).json.text, "pong");
    const [second] = modelProcesses(node.pid);
    assert.notEqual(second, first);
    assert.equal((await node.verify()).json.clean, true);
  });

  it("says that an answer was cut off when the process is killed in its middle", async () => {
    // A letter and a space in turn, for a thousand tokens: long enough to be killed in, and no word that is held back.
    const long = writeModel(folder, "long", { says: "a ".repeat(3_000) });
    await using node = await NodeProcess.start({ home: homeWith(long), backend: "configured" });
    await until("the model", () => isWell(node));
    const [pid] = modelProcesses(node.pid);
    assert.ok(pid !== undefined);
    const events: string[] = [];
    let last: { finish?: string; code?: string } = {};
    const body = { text: "пинг", stream: true };
    for await (const { event, data } of node.stream("/api/v1/message", {
      token: node.owner,
      body,
    })) {
      if (event === "delta" && !events.includes("delta")) process.kill(pid, "SIGKILL");
      events.push(event);
      last = data;
    }
    assert.ok(events.includes("delta"));
    assert.ok(last.finish === "cut" || last.code === "backend_unavailable", JSON.stringify(last));
    assert.equal((await node.say({ text: "describe_self" })).status, 200);
    await until("another process", () => isWell(node));
  });

  for (const signal of ["SIGTERM", "SIGKILL"] as const)
    it(`leaves no process behind after ${signal}`, async () => {
      await using node = await NodeProcess.start({ home: homeWith(pong), backend: "configured" });
      await until("the model", () => isWell(node));
      const [pid] = modelProcesses(node.pid);
      assert.ok(pid !== undefined);
      await (signal === "SIGTERM" ? node.stop() : node.kill());
      await until("its end", () => !isRunning(pid));
    });

  it("stays up with a file that is no good, and tells its owner why", async () => {
    const half = readFileSync(pong).subarray(0, 100_000);
    await using node = await NodeProcess.start({ home: homeWith(half), backend: "configured" });
    const part = await until("the reason", async () => {
      const found = await modelPart(node);
      return found.status === "degraded" && found;
    });
    assert.match(part.detail, /^embedded:pong cannot be loaded: it is cut off: 100000 bytes of/);
    const { status } = await node.ask("/api/v1/message", {
      body: { text: "describe_self" },
    });
    assert.equal(status, 200);
    // A file that is put right is taken without a new start.
    writeFileSync(join(node.home, "models", "pong.gguf"), readFileSync(pong));
    await until("the model", () => isWell(node), 45_000);
    assert.equal((await node.say({ text: "ping" })).json.text, "pong");
  });

  it("refuses a configuration that mixes both kinds", async () => {
    const config = configured("    url: http://127.0.0.1:1\n    api_key_file: /x\n");
    const home = homeWith(pong, config);
    await assert.rejects(NodeProcess.start({ home, backend: "configured" }), /config_refused/);
    const { out } = await run(["config", "check", "--home", home]);
    assert.match(out, /adyton\.yaml:3:.*must not stand beside url/);
    assert.match(out, /adyton\.yaml:5:.*must not stand beside embedded/);
  });
});

/** The processes that hold models, of one node. */
function modelProcesses(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
  return children
    .filter((each) => each.trim() !== "")
    .map(Number)
    .filter((each) => commandOf(each).includes("llama/src/main.ts"));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
