import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { startOpenAiEmulator } from "@adyton/emulators";
import { makeKeyFile } from "@adyton/runtime/key-file";
import { NodeProcess, until } from "./node-process.ts";
import { rawTraces } from "./raw-bytes.ts";
import { redisIsMissing, RedisProcess } from "./redis-process.ts";
import { WorkerProcess } from "./worker-process.ts";

const secret = "Шмурделка лежит за третьим камнем у старой клопундры.";

it(
  "what a worker is answering when it is forgotten does not come back through Redis",
  { skip: redisIsMissing },
  async () => {
    await using stack = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), "adyton-forget-"));
    stack.defer(() => rmSync(folder, { recursive: true }));
    const keyFile = join(folder, "workers.key");
    await makeKeyFile(keyFile);
    const redis = stack.use(await RedisProcess.start({ persistent: true }));
    const rules = [{ reply: `Слышу: ${secret}` }];
    const emulator = stack.use(await startOpenAiEmulator({ rules, tokenDelayMs: 300 }));
    const config = `workers:\n  redis: ${redis.url}\n  key_file: ${keyFile}\n`;
    const node = stack.use(await NodeProcess.start({ backend: "configured", config }));
    const worker = { name: "w", redis: redis.url, backend: emulator.url, keyFile };
    stack.use(await WorkerProcess.start(worker));
    const owner = { token: node.owner };
    await until("a worker", async () => {
      const { json } = await node.ask("/api/v1/health", owner);
      return json.status === "ok";
    });
    const prefer = { ...owner, headers: { prefer: "respond-async" } };
    const accepted = await node.say({ text: secret, conversation: "c" }, prefer);
    assert.equal(accepted.status, 202, accepted.text);
    await until("the model is asked", () =>
      emulator.requests.some(({ endpoint }) => endpoint === "chat"),
    );
    assert.ok(rawTraces(node.home, secret, []).size > 0, "control");
    const body = { conversation: "c" };
    const shown = await node.ask("/api/v1/memory/forget", { ...owner, body });
    assert.equal(shown.json.underWay, 1, shown.text);
    const confirm = { confirm: shown.json.forgetId };
    const done = await node.ask("/api/v1/memory/forget/confirm", { ...owner, body: confirm });
    assert.equal(done.json.residueBytes, 0, done.text);
    // The worker's answer would be there by now, and a new start asks Redis what is left.
    await node.restart();
    const run = await node.ask(`/api/v1/runs/${accepted.json.id}`, owner);
    assert.notEqual(run.json.status, "answered", run.text);
    assert.deepEqual([...rawTraces(node.home, secret, []).keys()], []);
    assert.equal((await node.verify()).json.clean, true);
  },
);
