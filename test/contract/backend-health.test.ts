import { startOpenAiEmulator } from "@adyton/emulators";
import { ManualClock } from "@adyton/runtime";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openBackend } from "../../packages/core/src/adapters/openai-compatible/backend.ts";
import {
  timeoutsDefault,
  type Timeouts,
} from "../../packages/core/src/adapters/openai-compatible/limits.ts";
import { serveChat } from "./backend-fixture.ts";
import { HealthWatch } from "../../packages/core/src/adapters/openai-compatible/health-watch.ts";
import type {
  Backend,
  BackendHealth,
  BackendStatus,
} from "../../packages/core/src/ports/backend.ts";
import { lastingPort } from "../../packages/core/test/lasting-port.ts";

const never = new AbortController().signal;
const ask = (backend: Backend) =>
  backend.chat({ messages: [{ role: "user", content: "привет" }], signal: never });

const quick: Partial<Timeouts> = {
  healFirstMs: 10,
  healMsMax: 40,
  idleProbeMs: 60_000,
  retryMsMax: 0,
};

/** Resolves at the next change to `status`. */
function change(backend: Backend, status: BackendStatus): Promise<BackendHealth> {
  return new Promise((resolve) =>
    backend.onHealthChange((health) => {
      if (health.status === status) resolve(health);
    }),
  );
}

describe("the health of a backend", () => {
  it("follows its traffic, heals by itself, tells each change once, and takes the window anew", async () => {
    const port = await lastingPort();
    const first = await startOpenAiEmulator({
      port,
      flavour: "vllm",
      models: [{ id: "m", contextTokens: 8_192, kind: "chat" }],
    });
    await using backend = openBackend({
      name: "main",
      url: first.url,
      concurrency: 1,
      timeouts: quick,
    });
    const changes: string[] = [];
    backend.onHealthChange(({ status }) => changes.push(status));
    assert.equal(backend.health().status, "unknown");
    await ask(backend);
    await ask(backend);
    assert.deepEqual(changes, ["ok"]);
    assert.equal(backend.contextTokens, 8_192);

    await first[Symbol.asyncDispose]();
    for (let turn = 0; turn < 3; turn += 1) assert.equal((await ask(backend)).kind, "failed");
    assert.deepEqual(changes, ["ok", "degraded"]);
    assert.match(backend.health().detail, new RegExp(`127\\.0\\.0\\.1:${port}`));

    const healed = change(backend, "ok");
    await using second = await startOpenAiEmulator({
      port,
      flavour: "vllm",
      models: [{ id: "m", contextTokens: 16_384, kind: "chat" }],
    });
    await healed;
    assert.deepEqual(changes, ["ok", "degraded", "ok"]);
    assert.equal(backend.contextTokens, 16_384);
    assert.equal(second.aborted, 0);
  });

  it("is degraded from the start when nothing listens, and rejects nothing", async () => {
    const port = await lastingPort();
    await using backend = openBackend({
      name: "main",
      url: `http://127.0.0.1:${port}/v1`,
      concurrency: 1,
      timeouts: quick,
    });
    await backend.start?.();
    assert.equal(backend.health().status, "degraded");
    const healed = change(backend, "ok");
    await using back = await startOpenAiEmulator({ port });
    await healed;
    assert.equal(backend.model, back.models[0]?.id);
  });

  it("asks again for the list of models while a question waits for it, and gives up in the end", async () => {
    for (const [failures, kind] of [
      [2, "answered"],
      [3, "failed"],
    ] as const) {
      let lists = 0;
      await using server = await serveChat(
        (_request, response) =>
          void response.end(JSON.stringify({ choices: [{ message: { content: "Да." } }] })),
        () => (lists += 1) > failures,
      );
      await using backend = openBackend({
        name: "main",
        url: server.url,
        concurrency: 1,
        random: () => 0,
        timeouts: { ...quick, retryMsMax: 20_000, healFirstMs: 60_000, healMsMax: 60_000 },
      });
      assert.equal((await ask(backend)).kind, kind);
      assert.equal(lists, 3);
    }
  });

  it("names the models when the configured one is not served", async () => {
    await using emulator = await startOpenAiEmulator({ flavour: "vllm" });
    await using backend = openBackend({
      name: "main",
      url: emulator.url,
      model: "missing",
      concurrency: 1,
    });
    await backend.start?.();
    assert.equal(backend.health().status, "degraded");
    assert.match(backend.health().detail, /missing; it has emulated-chat/);
  });

  it("stays ok when the server is busy or refuses one request", async () => {
    await using emulator = await startOpenAiEmulator();
    await using backend = openBackend({
      name: "main",
      url: emulator.url,
      concurrency: 1,
      timeouts: quick,
    });
    await backend.start?.();
    for (const status of [429, 400, 422]) {
      emulator.setFault({ kind: "status", status });
      assert.equal((await ask(backend)).kind, "failed");
      assert.equal(backend.health().status, "ok", String(status));
    }
    emulator.setFault({ kind: "status", status: 500 });
    await ask(backend);
    assert.equal(backend.health().status, "degraded");
  });

  it("looks at an idle server, and notices that it is gone", async () => {
    const emulator = await startOpenAiEmulator();
    const timeouts = { ...quick, idleProbeMs: 20 };
    await using backend = openBackend({
      name: "main",
      url: emulator.url,
      concurrency: 1,
      timeouts,
    });
    await backend.start?.();
    const seen = emulator.requestsSeen;
    await emulator.waitForRequests(seen + 2, { timeoutMs: 30_000 });
    assert.equal(backend.health().status, "ok");
    const degraded = change(backend, "degraded");
    await emulator[Symbol.asyncDispose]();
    await degraded;
  });

  it("asks nothing after it was disposed", async () => {
    await using emulator = await startOpenAiEmulator();
    const timeouts = { ...quick, idleProbeMs: 10 };
    const backend = openBackend({ name: "main", url: emulator.url, concurrency: 1, timeouts });
    await backend.start?.();
    await emulator.waitForRequests(emulator.requestsSeen + 1, { timeoutMs: 30_000 });
    await backend[Symbol.asyncDispose]();
    const seen = emulator.requestsSeen;
    // Another backend's checks, at the same pace, tell how long to look.
    await using still = await startOpenAiEmulator();
    await using other = openBackend({ name: "other", url: still.url, concurrency: 1, timeouts });
    await other.start?.();
    await still.waitForRequests(still.requestsSeen + 5, { timeoutMs: 30_000 });
    assert.equal(emulator.requestsSeen, seen);
  });
});

describe("HealthWatch", () => {
  function watchWith(isWell: () => boolean) {
    const clock = new ManualClock();
    const askedAtMs: number[] = [];
    const watch = new HealthWatch(
      {
        clock,
        timeouts: timeoutsDefault,
        probe: () => {
          askedAtMs.push(clock.monotonicMs());
          return Promise.resolve(isWell() ? undefined : "is gone");
        },
      },
      "new",
    );
    return { clock, askedAtMs, watch };
  }

  it("checks a degraded server after 1, 2, 4, 8 and then every 15 seconds", async () => {
    const { clock, askedAtMs, watch } = watchWith(() => false);
    watch.failed("is gone");
    await clock.advance(60_000);
    assert.deepEqual(askedAtMs, [1_000, 3_000, 7_000, 15_000, 30_000, 45_000, 60_000]);
    await watch[Symbol.asyncDispose]();
    assert.equal(clock.timersPending, 0);
  });

  it("checks an idle server every 30 seconds, and not while traffic succeeds", async () => {
    const { clock, askedAtMs, watch } = watchWith(() => true);
    watch.succeeded("works");
    for (let second = 0; second < 120; second += 10) {
      await clock.advance(10_000);
      watch.succeeded("works");
    }
    assert.deepEqual(askedAtMs, []);
    await clock.advance(61_000);
    assert.equal(askedAtMs.length, 2);
    await watch[Symbol.asyncDispose]();
    assert.equal(clock.timersPending, 0);
  });

  it("checks a server in use every 10 seconds, for five minutes", async () => {
    const { clock, askedAtMs, watch } = watchWith(() => true);
    watch.succeeded("works");
    await clock.advance(25_000);
    watch.used();
    await clock.advance(30_000);
    assert.deepEqual(askedAtMs, [35_000, 45_000, 55_000]);
    await clock.advance(270_000);
    const afterMs = askedAtMs.at(-1) ?? 0;
    assert.ok(afterMs >= 315_000, String(afterMs));
    askedAtMs.length = 0;
    await clock.advance(90_000);
    assert.equal(askedAtMs.length, 3, String(askedAtMs));
    await watch[Symbol.asyncDispose]();
    assert.equal(clock.timersPending, 0);
  });

  it("does nothing before its start", async () => {
    const { clock, askedAtMs, watch } = watchWith(() => true);
    await clock.advance(120_000);
    assert.deepEqual(askedAtMs, []);
    watch.start();
    await clock.advance(30_000);
    assert.equal(askedAtMs.length, 1);
    assert.equal(watch.health.status, "ok");
    await watch[Symbol.asyncDispose]();
  });
});
