import { startOpenAiEmulator } from "@adyton/emulators";
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { lossesMax } from "../../packages/core/src/adapters/bullmq/limits.ts";
import { openAccess } from "../../packages/core/src/adapters/bullmq/redis-address.ts";
import { connectRedis, takeOne, watchCommands } from "../../packages/core/test/redis-tools.ts";
import { until } from "../e2e/node-process.ts";
import { redisIsMissing, RedisProcess } from "../e2e/redis-process.ts";
import { briefly } from "./backend-fixture.ts";
import {
  accessTo,
  answer,
  makeKey,
  openJobs,
  question,
  quickTimes,
  run,
  startTaker,
} from "./jobs-fixture.ts";

/** What jobs over Redis promise beyond the contract: workers, Redis and keys that come and go. */

async function open(emulation: Parameters<typeof startOpenAiEmulator>[0] = {}) {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await RedisProcess.start());
  const access = accessTo(redis, { key: true });
  const emulator = stack.use(
    await startOpenAiEmulator({ rules: [{ reply: answer }], ...emulation }),
  );
  const jobs = stack.use(openJobs(access));
  const opened = stack.move();
  const keep = (resource: AsyncDisposable): void => void opened.use(resource);
  const dispose = () => opened.disposeAsync();
  return { redis, access, emulator, jobs, keep, [Symbol.asyncDispose]: dispose };
}

const isWorking = (jobs: ReturnType<typeof openJobs>) =>
  until("a worker takes jobs", () => jobs.health().status === "ok");

describe("jobs over Redis", { skip: redisIsMissing }, () => {
  it("of a worker that fell silent are begun anew, and it is not heard any more", async () => {
    await using opened = await open({ tokenDelayMs: 20 });
    const { jobs } = opened;
    const pieces: string[] = [];
    await using silent = takeOne(opened.access);
    const handle = jobs.issue({ messages: question }, (text) => void pieces.push(text));
    const job = await silent.job;
    await silent.say(job, 0, { kind: "began", worker: "silent" });
    await silent.say(job, 1, { kind: "delta", text: "Один два " });
    await until("its words", () => pieces.length === 1);
    opened.keep(await startTaker(opened.access, opened));
    await opened.emulator.waitForRequests(1, { timeoutMs: 30_000, endpoint: "chat" });
    const late = { kind: "answered", text: "late", finish: "stop", model: "m" };
    await silent.say(job, 2, { kind: "delta", text: "late" });
    await silent.say(job, 3, { kind: "outcome", outcome: late });
    const outcome = await handle.outcome;
    assert.ok(outcome.kind === "answered");
    assert.equal(outcome.text, answer);
    assert.equal(pieces.join(""), answer, "nothing twice, nothing of the one that was given up");
  });

  it("are lost with their worker where nothing is issued again (control)", async () => {
    await using opened = await open();
    await using jobs = openJobs(opened.access, { leaseMs: 600_000 });
    await using silent = takeOne(opened.access);
    const handle = jobs.issue({ messages: question });
    await silent.say(await silent.job, 0, { kind: "began", worker: "silent" });
    opened.keep(await startTaker(opened.access, opened));
    await isWorking(jobs);
    const given = await Promise.race([
      handle.outcome,
      new Promise((resolve) => setTimeout(resolve, (quickTimes.leaseMs ?? 0) * 4, "lost")),
    ]);
    assert.equal(given, "lost");
  });

  it("are issued again when the worker that took one died before it said so", async () => {
    await using opened = await open();
    const handle = opened.jobs.issue({ messages: question });
    {
      await using dying = takeOne(opened.access);
      await dying.job;
    }
    opened.keep(await startTaker(opened.access, opened));
    const outcome = await handle.outcome;
    assert.ok(outcome.kind === "answered" && outcome.text === answer);
  });

  it(`end after ${lossesMax} workers in a row fell silent over one`, async () => {
    await using opened = await open();
    await using stack = new AsyncDisposableStack();
    await using jobs = openJobs(opened.access, { waitMs: 60_000 });
    const handle = jobs.issue({ messages: question });
    const fences: string[] = [];
    for (let loss = 0; loss < lossesMax; loss += 1) {
      const silent = stack.use(takeOne(opened.access));
      const job = await silent.job;
      fences.push(job.split("-")[2] ?? "");
      await silent.say(job, 0, { kind: "began", worker: `silent-${loss}` });
    }
    const outcome = await handle.outcome;
    assert.ok(outcome.kind === "failed" && outcome.reason === "unavailable");
    assert.match(outcome.detail.en, /Several workers/);
    assert.match(outcome.detail.ru, /Несколько исполнителей/);
    assert.equal(new Set(fences).size, lossesMax);
  });

  it("outlive a Redis that forgets everything, queued or under way", async () => {
    await using opened = await open({ firstTokenDelayMs: 300 });
    opened.keep(await startTaker(opened.access, { ...opened, concurrency: 2 }));
    await isWorking(opened.jobs);
    const handles = Array.from({ length: 6 }, () => opened.jobs.issue({ messages: question }));
    await until("two are under way", () => opened.emulator.active === 2);
    await opened.redis.kill();
    await until("it shows", () => /Redis at .* does not answer/.test(opened.jobs.health().detail));
    assert.equal(opened.jobs.health().status, "degraded");
    await opened.redis.start();
    for (const outcome of await Promise.all(handles.map((handle) => handle.outcome)))
      assert.equal(briefly(outcome), "answered");
    await until("it heals", () => opened.jobs.health().status === "ok");
  });

  it("fail clearly while no worker is there, and go on when one comes", async () => {
    await using opened = await open();
    // Before Redis has answered at all it is Redis that is missed.
    await until("it shows", () => /no worker/.test(opened.jobs.health().detail));
    assert.equal(opened.jobs.health().status, "degraded");
    const startedMs = performance.now();
    const refused = await run(opened.jobs);
    const waitedMs = performance.now() - startedMs;
    assert.ok(refused.outcome.kind === "failed" && refused.outcome.reason === "unavailable");
    assert.match(refused.outcome.detail.en, /adyton worker/);
    assert.match(refused.outcome.detail.ru, /исполнител/);
    assert.ok(waitedMs >= (quickTimes.waitMs ?? 0), `${waitedMs} ms`);
    {
      // Who has no patience does not wait as the others do, which would be ten minutes here.
      await using patient = openJobs(opened.access, { waitMs: 600_000 });
      const onceMs = performance.now();
      const once = patient.issue({ messages: question, patience: "once" });
      assert.equal(briefly(await once.outcome), "unavailable");
      assert.ok(performance.now() - onceMs < 10_000);
    }
    const waiting = run(opened.jobs);
    opened.keep(await startTaker(opened.access, opened));
    assert.equal((await waiting).shown, answer);
  });

  it("fail clearly while Redis is away, and go on when it is back", async () => {
    await using opened = await open();
    opened.keep(await startTaker(opened.access, opened));
    await isWorking(opened.jobs);
    await opened.redis.kill();
    const refused = await run(opened.jobs);
    assert.ok(refused.outcome.kind === "failed" && refused.outcome.reason === "unavailable");
    assert.match(refused.outcome.detail.en, /Redis/);
    const waiting = run(opened.jobs);
    await opened.redis.start();
    assert.equal((await waiting).shown, answer);
  });

  it("leave no words in Redis, which sees them without a key (control)", async () => {
    await using opened = await open();
    for (const key of [true, false]) {
      const access = accessTo(opened.redis, { key });
      using spy = await watchCommands(access);
      await using jobs = openJobs(access);
      await using worker = await startTaker(access, opened);
      await isWorking(jobs);
      const { shown } = await run(jobs);
      assert.equal(shown, answer);
      await until("the job is over", () => worker.taker.running === 0);
      await until("it is all there", () => /reply|replies/.test(spy.text()));
      const all = spy.text();
      assert.ok(all.length > 2_000);
      for (const word of ["Что нового", "What is new", "Один", "seven", "emulated-chat", "слово"])
        assert.equal(all.includes(word), !key && word !== "слово", `${word}, key: ${key}`);
    }
  });

  it("leave nothing in Redis that does not expire, and little at all", async () => {
    await using opened = await open();
    opened.keep(await startTaker(opened.access, opened));
    await isWorking(opened.jobs);
    const redis = connectRedis(opened.access);
    const count = async () => (await redis.keys("*")).length;
    for (let job = 0; job < 5; job += 1) assert.equal((await run(opened.jobs)).shown, answer);
    const few = await count();
    for (let job = 0; job < 20; job += 1) await run(opened.jobs);
    await until("nothing is left of jobs", async () => (await count()) <= few);
    const { keepExpiring } = await import("../../packages/core/src/adapters/bullmq/expiry.ts");
    await keepExpiring(redis, 1_000);
    for (const key of await redis.keys("*"))
      assert.ok((await redis.pttl(key)) > 0, `${key} never expires`);
    redis.disconnect();
  });

  it("are not taken by a worker with another key, which is noticed", async () => {
    await using opened = await open();
    const other = openAccess({ url: opened.redis.url, keyFile: makeKey(opened.redis.folder) });
    opened.keep(await startTaker(other, { ...opened, name: "stranger" }));
    await until("it shows", () => /another key_file/.test(opened.jobs.health().detail));
    assert.equal(opened.jobs.health().status, "degraded");
    assert.deepEqual(opened.jobs.workers(), []);
    const waiting = run(opened.jobs);
    opened.keep(await startTaker(opened.access, opened));
    assert.equal((await waiting).shown, answer);
  });

  it("are handed back by a worker that ends, and one that has time ends them first", async () => {
    await using opened = await open({ tokenDelayMs: 40 });
    await using first = await startTaker(opened.access, { ...opened, name: "first" });
    await isWorking(opened.jobs);
    const patient = run(opened.jobs);
    await until("it is under way", () => opened.emulator.active === 1);
    await first.taker.stop(10_000);
    assert.equal((await patient).shown, answer);
    await using second = await startTaker(opened.access, { ...opened, name: "second" });
    await until("it takes jobs", () => opened.jobs.workers().some(({ name }) => name === "second"));
    // A job that is handed back is begun anew long before its worker would be given up.
    await using jobs = openJobs(opened.access, { leaseMs: 600_000 });
    await isWorking(jobs);
    const hasty = run(jobs);
    await until("it is under way", () => second.taker.running === 1);
    opened.keep(await startTaker(opened.access, { ...opened, name: "third" }));
    await second.taker.stop(0);
    const { outcome, shown } = await hasty;
    assert.equal(briefly(outcome), "answered");
    assert.equal(shown, answer);
  });

  it("go to another worker when one's model server is away", async () => {
    await using opened = await open();
    await using broken = await startOpenAiEmulator({ rules: [{ reply: answer }] });
    opened.keep(await startTaker(opened.access, { emulator: broken, name: "bad" }));
    opened.keep(await startTaker(opened.access, { ...opened, name: "good" }));
    await until("both are there", () => opened.jobs.workers().length === 2);
    broken.setFault({ kind: "refuse" });
    for (let job = 0; job < 6; job += 1) assert.equal((await run(opened.jobs)).shown, answer);
    assert.equal(opened.jobs.health().status, "ok");
  });

  it("pass a password of Redis that is in a file", async () => {
    await using redis = await RedisProcess.start({ password: "s3cret" });
    const passwordFile = join(redis.folder, "password");
    writeFileSync(passwordFile, "s3cret\n", { mode: 0o600 });
    await using refused = openJobs(accessTo(redis, { key: true }));
    await until("it shows", () => refused.health().status === "degraded");
    const access = openAccess({ url: redis.url, passwordFile, keyFile: makeKey(redis.folder) });
    await using emulator = await startOpenAiEmulator({ rules: [{ reply: answer }] });
    await using jobs = openJobs(access);
    await using worker = await startTaker(access, { emulator });
    await isWorking(jobs);
    assert.equal((await run(jobs)).shown, answer);
    await until("the job is over", () => worker.taker.running === 0);
  });
});
