import assert from "node:assert/strict";
import { test } from "node:test";
import { RawWebSocket } from "../e2e/message-socket.ts";
import { NodeProcess, until } from "../e2e/node-process.ts";

const count = 10_000;
const atOnce = 200;
const kibEachMax = 40;
const figureOf = (text: string, name: string): number =>
  Number(new RegExp(`^${name} (\\S+)`, "m").exec(text)?.[1]);

test("ten thousand idle sockets are held, found alive, and cost others nothing", async (t) => {
  await using node = await NodeProcess.start();
  const metrics = async () => (await node.ask("/metrics", { token: node.owner })).text;
  const rss = async () => figureOf(await metrics(), "process_resident_memory_bytes");
  const slowest = async () => {
    const tookMs: number[] = [];
    for (let turn = 0; turn < 200; turn++) {
      const startedMs = performance.now();
      assert.equal((await node.say({ text: "/help" })).status, 200);
      tookMs.push(performance.now() - startedMs);
    }
    return tookMs.toSorted((left, right) => left - right)[197] ?? Number.NaN;
  };
  await slowest();
  const p99Ms = await slowest();
  const before = await rss();
  const sockets: RawWebSocket[] = [];
  while (sockets.length < count)
    sockets.push(
      ...(await Promise.all(
        Array.from({ length: atOnce }, () =>
          RawWebSocket.open({ port: node.port, token: node.owner }),
        ),
      )),
    );
  assert.equal(figureOf(await metrics(), "adyton_sockets"), count);
  const kibEach = ((await rss()) - before) / count / 1_024;
  const beside = await slowest();
  t.diagnostic(
    `${kibEach.toFixed(1)} KiB each; p99 ${p99Ms.toFixed(1)} ms, beside them ${beside.toFixed(1)} ms`,
  );
  assert.ok(kibEach < kibEachMax, `${kibEach} KiB each`);
  // One in ten falls silent, as behind a cut cable; every other one is pinged twice and stays.
  const silent = sockets.filter((_, index) => index % 10 === 0);
  for (const socket of silent) socket.answersPings = false;
  await until("the silent to be closed", () => silent.every(({ isClosed }) => isClosed), 90_000);
  await until(
    "two pings of each other",
    () => sockets.every(({ pings, isClosed }) => isClosed || pings >= 2),
    90_000,
  );
  assert.equal(sockets.filter(({ isClosed }) => !isClosed).length, count - silent.length);
  for (const socket of sockets) socket.socket.destroy();
  await until("all to be gone", async () => figureOf(await metrics(), "adyton_sockets") === 0);
});
