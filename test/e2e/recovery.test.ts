import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type NodeProcess, startWithEmulator, until } from "./node-process.ts";

// What becomes of a turn whose node dies under it: what was acknowledged is taken up again, the rest is reported, once.

const endless = () => new Promise<string>(() => undefined);

async function endsOf(node: NodeProcess, run: string): Promise<string[]> {
  const records = await node.journal("turn.");
  return records
    .filter(({ type, facts }) => type !== "turn.received" && facts.run === run)
    .map(({ type, facts }) => `${type}${facts.status === undefined ? "" : ` ${facts.status}`}`);
}

test("an acknowledged turn that outlives three deaths is reported, once, and its key is free again", async () => {
  let isEndless = true;
  await using both = await startWithEmulator({
    rules: [{ reply: () => (isEndless ? endless() : "в этот раз") }],
  });
  const { node, emulator } = both;
  const token = node.owner;
  const body = { text: "deadly", conversation: "d" };
  const headers = { prefer: "respond-async", "idempotency-key": "deadly" };
  const accepted = await node.ask("/api/v1/message", { token, body, headers });
  assert.equal(accepted.status, 202);
  const run = String(accepted.json.id);
  for (let death = 0; death < 3; death += 1) {
    await until("the model works", () => emulator.active === 1);
    await node.kill();
    await until("the model server noticed", () => emulator.active === 0);
    await node.start();
    const [recovered] = node.notices.filter(({ kind }) => kind === "recovered");
    assert.deepEqual(
      [recovered?.["resumed"], recovered?.["interrupted"]],
      death < 2 ? [1, 0] : [0, 1],
    );
  }
  const ends = ["turn.resumed", "turn.resumed", "turn.failed interrupted"];
  assert.deepEqual(await endsOf(node, run), ends);
  const seen = await node.ask(`/api/v1/runs/${run}`, { token });
  assert.equal(seen.json.status, "interrupted");
  assert.equal(seen.json.problem.code, "interrupted");
  await node.restart();
  assert.deepEqual(await endsOf(node, run), ends);
  isEndless = false;
  const again = await node.ask("/api/v1/message", {
    token,
    body,
    headers: { "idempotency-key": "deadly" },
  });
  assert.equal(again.json.text, "в этот раз");
  assert.notEqual(again.json.id, run);
  const repeated = await node.ask("/api/v1/message", { token, body, headers });
  assert.deepEqual(repeated.json, again.json);
});

test("a turn nobody was promised is reported as interrupted, once, and never asked again", async () => {
  await using both = await startWithEmulator({
    rules: [{ text: /wait for it/, reply: endless }, { reply: "short" }],
  });
  const { node, emulator } = both;
  const said = node.say({ text: "wait for it", conversation: "n" }).then(
    () => "answered",
    () => "cut",
  );
  const received = await until("the question is on disk", async () => {
    const records = await node.journal("turn.received");
    return records.length === 1 && records[0];
  });
  const run = String(received["facts"].run);
  await node.kill();
  assert.equal(await said, "cut");
  emulator.clear();
  await node.start();
  assert.deepEqual(await endsOf(node, run), ["turn.failed interrupted"]);
  await node.restart();
  assert.deepEqual(await endsOf(node, run), ["turn.failed interrupted"]);
  const next = await node.say({ text: "next", conversation: "n" });
  assert.equal(next.json.text, "short");
  const chats = emulator.requests.filter(({ endpoint }) => endpoint === "chat");
  assert.equal(chats.length, 1, "only the new question was asked");
  assert.doesNotMatch(
    JSON.stringify(chats[0]?.body),
    /wait for it/,
    "what has no answer is not history",
  );
});

test("turns accepted while the node stops are refused or answered, never lost silently", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const reply = () => released.then(() => "answered");
  await using both = await startWithEmulator({ rules: [{ reply }] });
  const { node } = both;
  const token = node.owner;
  const running = Array.from({ length: 6 }, (_, index) =>
    node.say({ text: `at the end ${index}`, conversation: `s${index % 3}` }).then(
      ({ status, json }) => (status === 200 ? String(json.id) : String(json.code)),
      () => "cut",
    ),
  );
  await until("they run", async () =>
    /^adyton_turns_running 3$/m.test((await node.ask("/metrics", { token })).text),
  );
  const stopped = node.stop();
  release();
  assert.equal(await stopped, 0);
  const outcomes = await Promise.all(running);
  await node.start();
  const answered = (await node.journal("turn.answered")).map(({ facts }) => String(facts.run));
  for (const outcome of outcomes)
    assert.ok(answered.includes(outcome) || ["stopping", "interrupted"].includes(outcome), outcome);
  assert.equal(answered.length, outcomes.filter((outcome) => outcome.startsWith("run_")).length);
  const types = (await node.journal("node.")).map(({ type }) => type);
  assert.deepEqual(types, ["node.started", "node.stopped", "node.started"]);
});

test("whoever follows the journal sees each record once, through kills, by Last-Event-ID", async () => {
  await using both = await startWithEmulator();
  const { node } = both;
  const token = node.owner;
  const total = 60;
  const seen: number[] = [];
  const done = new AbortController();
  const following = (async () => {
    for (let lastId = "0"; seen.length < total && !done.signal.aborted;) {
      try {
        for await (const { id, data } of node.stream("/api/v1/events?type=follow.", {
          token,
          headers: { "last-event-id": lastId },
          signal: done.signal,
        })) {
          lastId = id ?? lastId;
          seen.push(Number(data.seq));
          if (seen.length === total) break;
        }
      } catch {
        // The node is down: the next try goes on where this one ended.
        await delay(20);
      }
    }
  })();
  const posted: number[] = [];
  for (let index = 0; index < total; index += 1) {
    if (index % 20 === 10) {
      await node.kill();
      await node.start();
    }
    const body = { specversion: "1.0", id: String(index), source: "/f", type: "follow.it" };
    const answer = await node.ask("/api/v1/events", { token, body });
    posted.push(Number(answer.json.events[0].seq));
  }
  await until("all are seen", () => seen.length === total);
  done.abort();
  await following;
  assert.deepEqual(seen, posted);
});
