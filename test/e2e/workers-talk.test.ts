import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type OpenAiEmulator, startOpenAiEmulator } from "@adyton/emulators";
import { run } from "./cli-process.ts";
import { NodeProcess, until } from "./node-process.ts";
import { redisIsMissing, RedisProcess } from "./redis-process.ts";
import { WorkerProcess } from "./worker-process.ts";

/** Workers as their users meet them: the command line, the node's health, and what callers are told. */

const reply = "Ответ рабочего. A worker's answer.";

describe("workers", { skip: redisIsMissing }, () => {
  const stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "adyton-workers-"));
  const keyFile = join(folder, "workers.key");
  let redis: RedisProcess;
  let emulator: OpenAiEmulator;
  let node: NodeProcess;

  before(async () => {
    stack.defer(() => rmSync(folder, { recursive: true }));
    redis = stack.use(await RedisProcess.start());
    emulator = stack.use(await startOpenAiEmulator({ rules: [{ reply }] }));
    const made = await run(["worker", "key", keyFile, "--json"]);
    assert.deepEqual([made.code, JSON.parse(made.out)], [0, { path: keyFile }]);
    const config = `workers:\n  redis: ${redis.url}\n  key_file: ${keyFile}\n  wait_seconds: 1\n`;
    node = stack.use(await NodeProcess.start({ backend: "configured", config, language: "ru" }));
  });
  after(() => stack.disposeAsync());

  const health = async (token?: string) =>
    (await node.ask("/api/v1/health", token === undefined ? {} : { token })).json;
  const startWorker = (name: string) =>
    WorkerProcess.start({ name, redis: redis.url, backend: emulator.url, keyFile });

  it("share a key that is made once, for its owner alone", async () => {
    assert.equal(statSync(keyFile).mode & 0o777, 0o600);
    const made = readFileSync(keyFile, "utf8");
    const again = await run(["worker", "key", keyFile], { env: { LANG: "ru_RU.UTF-8" } });
    assert.equal(again.code, 1);
    assert.match(again.errors, /уже есть/);
    assert.doesNotMatch(again.errors, /EEXIST/);
    assert.equal(readFileSync(keyFile, "utf8"), made);
  });

  it("are missed in health and by callers, within the time that is configured", async () => {
    // Before Redis has answered at all it is Redis that is missed.
    const seen = await until("it shows", async () => {
      const told = await health(node.owner);
      return /no worker/.test(JSON.stringify(told.parts)) && told;
    });
    assert.deepEqual([seen.status, seen.ready, seen.workers], ["degraded", false, []]);
    const startedMs = performance.now();
    const answer = await node.say({ text: "Есть кто?", conversation: "пусто" });
    assert.equal(answer.status, 503);
    assert.equal(answer.json.code, "backend_unavailable");
    assert.match(answer.json.detail, /исполнител/);
    assert.ok(performance.now() - startedMs < 20_000);
    const command = await node.say({ text: "describe_self" });
    assert.equal(command.status, 200);
  });

  it("answer, whole and as a stream, and are listed for the owner alone", async () => {
    await using worker = await startWorker("рабочий-1");
    await until("it heals", async () => (await health(node.owner)).status === "ok");
    const [listed] = (await health(node.owner)).workers;
    assert.equal(listed.name, "рабочий-1");
    assert.deepEqual([listed.status, listed.concurrency, listed.stopping], ["ok", 1, false]);
    assert.equal((await health()).workers, undefined);
    const whole = await node.say({ text: "Привет", conversation: "w" });
    assert.equal(whole.json.text, reply);
    assert.equal(whole.json.answeredBy, "model");
    let shown = "";
    const body = { text: "Hello", conversation: "w", stream: true };
    for await (const event of node.stream("/api/v1/message", { token: node.owner, body }))
      if (event.event === "delta") shown += String(event.data.text);
    assert.equal(shown, reply);
    await until("it logged both", () => worker.jobs.length === 2);
  });

  it("end by themselves what they began, and exit with 0", async () => {
    emulator.setRules([{ reply: () => new Promise((done) => setTimeout(done, 700, reply)) }]);
    await using worker = await startWorker("worker-2");
    await until("it is there", async () => (await health(node.owner)).workers.length === 1);
    const asked = node.say({ text: "Hello again", conversation: "x" });
    await until("the model works", () => emulator.active === 1);
    assert.equal(await worker.stop(), 0);
    assert.equal((await asked).json.text, reply);
    assert.equal(worker.jobs.length, 1);
    assert.ok(!JSON.stringify(worker.lines).includes("Hello again"), "no words in the log");
    emulator.setRules([{ reply }]);
  });

  const refused: ReadonlyArray<[name: string, args: string[], code: number, says: RegExp]> = [
    ["without --redis", ["--backend", "http://127.0.0.1:1"], 2, /--redis/],
    ["without --backend", ["--redis", "redis://127.0.0.1"], 2, /--backend/],
    [
      "with a password in the address",
      ["--redis", "redis://:s3cret@127.0.0.1", "--backend", "http://127.0.0.1:1"],
      1,
      /password_file/,
    ],
    [
      "with a Redis elsewhere and no key",
      ["--redis", "redis://198.51.100.7", "--backend", "http://127.0.0.1:1"],
      1,
      /adyton worker key/,
    ],
    [
      "with more at once than a worker takes",
      ["--redis", "redis://127.0.0.1", "--backend", "http://127.0.0.1:1", "--concurrency", "257"],
      2,
      /256/,
    ],
  ];
  for (const [name, args, code, says] of refused)
    it(`are refused ${name}`, async () => {
      const ended = await run(["worker", ...args]);
      assert.equal(ended.code, code, ended.errors);
      assert.match(ended.errors, says);
      assert.ok(!ended.errors.includes("s3cret"));
    });
});
