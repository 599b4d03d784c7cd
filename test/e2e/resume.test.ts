import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { describe, test } from "node:test";
import { frame, Lines, RawWebSocket, type Said } from "./message-socket.ts";
import { NodeProcess } from "./node-process.ts";

// A client that is cut off again and again, in every way a network knows, and the journal it follows meanwhile.

/** Numbers from 0 to 1 from a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Publishes one event after the other until it is told to stop. */
function publisher(node: NodeProcess) {
  const lines = new Lines({ path: join(node.home, "adyton.sock") });
  const state = { isOver: false };
  let count = 0;
  const publish = async () => {
    const id = `p${++count}`;
    const event = { specversion: "1.0", id, source: "/test", type: "test.tick", data: { count } };
    lines.tell({ type: "publish", id, events: event });
    const answer = await lines.answer(id);
    assert.equal(answer.type, "result", JSON.stringify(answer));
    lines.said.length = 0;
    return Number(answer["data"].events[0].seq);
  };
  const running = async () => {
    while (!state.isOver) await publish();
  };
  return {
    publish,
    run: () => {
      const done = running();
      return async () => {
        state.isOver = true;
        await done;
      };
    },
    [Symbol.dispose]: () => lines[Symbol.dispose](),
  };
}

const isRecord = ({ type, event }: Said) => type === "event" && event === "message";

describe("a client that is cut off a hundred times", () => {
  test("sees every record once and in order when it resumes", { timeout: 120_000 }, async (t) => {
    const seed = randomInt(2 ** 31);
    t.diagnostic(`seed ${seed}`);
    const random = seeded(seed);
    await using node = await NodeProcess.start();
    using publishing = publisher(node);
    const stop = publishing.run();
    const seen: number[] = [];
    const halfOpen: RawWebSocket[] = [];
    let resume: string | undefined;
    const open = async () => {
      const socket = await RawWebSocket.open({ port: node.port });
      let isCut = false;
      let left = Math.floor(random() * 12);
      const { promise, resolve } = Promise.withResolvers<void>();
      socket.onSaid = (said) => {
        if (said.type === "ready" || said.type === "resumed") resume = String(said["resume"]);
        if (said.type === "ready") socket.tell({ type: "subscribe", id: "s", after: 0 });
        if (!isRecord(said) || isCut) return;
        seen.push(Number(said.seq));
        if (random() < 0.1) socket.tell({ type: "ack", seq: said.seq });
        // What comes after the cut is lost on its way, as it is where a network breaks.
        if (left-- > 0) return;
        isCut = true;
        resolve();
      };
      const lastSeq = seen.at(-1);
      const isNew = resume === undefined || lastSeq === undefined;
      socket.tell({ type: "hello", token: node.owner, ...(isNew ? {} : { resume, lastSeq }) });
      await promise;
      return socket;
    };
    const ways = { torn: 0, ended: 0, halfOpen: 0, midFrame: 0 };
    for (let cut = 0; cut < 100; cut++) {
      const socket = await open();
      const way = (Object.keys(ways) as (keyof typeof ways)[])[Math.floor(random() * 4)] ?? "torn";
      ways[way]++;
      if (way === "torn") socket.socket.resetAndDestroy();
      if (way === "ended") socket.socket.destroy();
      if (way === "midFrame") {
        const half = frame(Buffer.from(JSON.stringify({ type: "ack", seq: 1 }))).subarray(0, 9);
        socket.socket.write(half, () => socket.socket.destroy());
      }
      if (way === "halfOpen") {
        socket.socket.pause();
        halfOpen.push(socket);
      }
    }
    await stop();
    const last = await publishing.publish();
    const { socket } = await openLast(node, { resume, seen, last });
    socket.destroy();
    for (const { socket: stale } of halfOpen) stale.destroy();
    assert.ok(
      Object.values(ways).every((count) => count > 5),
      JSON.stringify(ways),
    );
    assert.ok(last > 100, `${last} records`);
    assert.deepEqual(
      seen,
      Array.from({ length: last }, (_, index) => index + 1),
    );
    t.diagnostic(`${last} records, ${JSON.stringify(ways)}`);
  });

  test("misses some when it only subscribes to what is new", { timeout: 60_000 }, async () => {
    await using node = await NodeProcess.start();
    using publishing = publisher(node);
    const seen: number[] = [];
    let last = 0;
    for (let cut = 0; cut < 10; cut++) {
      const socket = await RawWebSocket.open({ port: node.port, token: node.owner });
      socket.tell({ type: "subscribe", id: "s", after: last });
      last = await publishing.publish();
      await socket.until((said) => isRecord(said) && said.seq === last);
      seen.push(...socket.said.filter(isRecord).map(({ seq }) => Number(seq)));
      socket.socket.destroy();
      last = await publishing.publish();
    }
    const missed = last - new Set(seen).size;
    assert.ok(missed >= 10, `${missed}`);
  });
});

async function openLast(
  node: NodeProcess,
  { resume, seen, last }: { resume: string | undefined; seen: number[]; last: number },
): Promise<RawWebSocket> {
  const socket = await RawWebSocket.open({ port: node.port });
  const { promise, resolve } = Promise.withResolvers<void>();
  socket.onSaid = (said) => {
    if (isRecord(said)) seen.push(Number(said.seq));
    if (said.seq === last) resolve();
  };
  const lastSeq = seen.at(-1);
  socket.tell({ type: "hello", token: node.owner, resume, lastSeq });
  if (lastSeq !== last) await promise;
  return socket;
}
