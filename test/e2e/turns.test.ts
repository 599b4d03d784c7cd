import assert from "node:assert/strict";
import { test } from "node:test";
import { conversationQueueMax, principalQueueMax } from "@adyton/protocol";
import { startOpenAiEmulator } from "@adyton/emulators";
import type { Answer, StreamEvent } from "./http-client.ts";
import { chatsOf, NodeProcess, startWithEmulator, until } from "./node-process.ts";

const reply = "One two three, раз два три, four five six seven.";

/** A reply that waits until the test lets it go. */
function gated(text = "let go") {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, reply: () => promise.then(() => text) };
}

const deltas = (events: readonly StreamEvent[]): string =>
  events
    .filter(({ event }) => event === "delta")
    .map(({ data }) => String(data.text))
    .join("");

test("one conversation answers in order, one at a time, whatever arrives at once", async () => {
  await using both = await startWithEmulator({
    rules: [{ reply: (request) => `heard ${request.lastUserText}` }],
    tokenDelayMs: 1,
  });
  const { node, emulator } = both;
  const post = async (index: number): Promise<Answer> => {
    const body = { text: `post ${index}`, conversation: "order" };
    return until(
      "a place in the queue",
      async () => {
        const answer = await node.say(body);
        return answer.status !== 429 && answer;
      },
      30_000,
    );
  };
  const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => post(index)));
  for (const [index, answer] of answers.entries())
    assert.equal(answer.json.text, `heard post ${index}`);
  const chats = chatsOf(emulator).map((messages) =>
    messages.filter(({ role }) => role !== "system"),
  );
  assert.equal(chats.length, 50, "no question was asked twice");
  const asked = chats.map((messages) => messages.at(-1)?.content);
  assert.equal(new Set(asked).size, 50);
  for (const [index, messages] of chats.entries()) {
    const before = messages.filter(({ role }) => role === "user").map(({ content }) => content);
    // Twenty turns of history are sent: exactly those before, none missing, none twice, none out of order.
    assert.deepEqual(before, asked.slice(Math.max(0, index - 20), index + 1));
  }
  const told = (await node.journal("turn.answered")).map(({ data }) => String(data.text));
  assert.deepEqual(
    told,
    asked.map((text) => `heard ${text}`),
    "the journal tells the answers in the order of asking",
  );
});

test("a full queue says busy and when to come back; what was taken is answered in order", async () => {
  const gate = gated();
  await using both = await startWithEmulator({
    rules: [{ text: /first/, reply: gate.reply }, { reply }],
  });
  const { node, emulator } = both;
  const ends: Promise<StreamEvent[]>[] = [];
  for (let index = 0; index <= conversationQueueMax; index += 1) {
    const text = index === 0 ? "first" : `later ${index}`;
    const stream = node.stream("/api/v1/message", {
      token: node.owner,
      body: { text, conversation: "full", stream: true },
    });
    const first = await stream.next();
    assert.equal(first.value?.event, index === 0 ? "started" : "queued");
    if (index > 0) assert.equal(first.value?.data.ahead, index);
    ends.push(Array.fromAsync(stream));
  }
  const refused = await node.say({ text: "one too many", conversation: "full" });
  assert.equal(refused.status, 429, refused.text);
  assert.equal(refused.json.code, "busy");
  assert.ok(Number(refused.headers["retry-after"]) >= 1);
  const elsewhere = await node.say({ text: "another conversation", conversation: "free" });
  assert.equal(elsewhere.status, 200, "another conversation is not held up");
  gate.open();
  for (const events of await Promise.all(ends)) assert.equal(events.at(-1)?.event, "answer");
  const asked = chatsOf(emulator).map((messages) => messages.at(-1)?.content);
  const inOrder = asked.filter((text) => text !== "another conversation");
  assert.deepEqual(inOrder, [
    "first",
    ...Array.from({ length: conversationQueueMax }, (_, i) => `later ${i + 1}`),
  ]);
});

test("conversations run beside each other", async () => {
  const gate = gated();
  await using both = await startWithEmulator({ rules: [{ reply: gate.reply }] });
  const { node, emulator } = both;
  const all = Array.from({ length: 5 }, (_, i) => node.say({ text: "hi", conversation: `c${i}` }));
  await until("five at once", () => emulator.active === 5);
  gate.open();
  for (const answer of await Promise.all(all)) assert.equal(answer.status, 200);
});

test("one who floods does not keep another waiting", async () => {
  await using stack = new AsyncDisposableStack();
  const gate = gated("opened");
  const emulator = stack.use(
    await startOpenAiEmulator({ rules: [{ text: /gate/, reply: gate.reply }, { reply: "flood" }] }),
  );
  const config = `backends:\n  - url: ${emulator.url}\n    model: emulated-chat\n    concurrency: 1\n`;
  const node = stack.use(await NodeProcess.start({ backend: "configured", config }));
  const token = node.owner;
  const done: string[] = [];
  const say = async (text: string, as: string | undefined): Promise<Answer> => {
    const answer = await node.say({ text, conversation: text.replaceAll(" ", "-") }, { token: as });
    done.push(text);
    return answer;
  };
  const held = say("gate", token);
  await until("the first is under way", () => emulator.active === 1);
  const flood = Array.from({ length: principalQueueMax }, (_, i) => say(`flood ${i}`, token));
  await until("the flood waits", async () => {
    const metrics = await node.ask("/metrics", { token });
    return metrics.text.includes(` ${principalQueueMax}\n`);
  });
  const over = await node.say({ text: "flood too far", conversation: "x" });
  assert.equal(over.status, 429);
  assert.match(over.json.detail, new RegExp(String(principalQueueMax)));
  const single = say("the other", undefined);
  // Its turn is admitted before anything moves: the metric counts it.
  await until("the other waits", async () =>
    (await node.ask("/metrics", { token })).text.includes(` ${principalQueueMax + 1}\n`),
  );
  gate.open();
  assert.equal((await single).status, 200);
  const place = done.indexOf("the other");
  assert.ok(place <= 3, `answered as number ${place}: ${done.slice(0, 6).join()}`);
  assert.equal((await held).status, 200);
  for (const answer of await Promise.all(flood)) assert.equal(answer.status, 200);
});

test("a run is cancelled by its route, and by a client that goes away", async () => {
  const fault = { kind: "slow_drip", tokenDelayMs: 200 } as const;
  await using both = await startWithEmulator({
    rules: [{ text: /slowly|leave/, reply, fault }, { reply }],
  });
  const { node, emulator } = both;
  const token = node.owner;
  const accepted = await node.say(
    { text: "slowly", conversation: "a" },
    { token, headers: { prefer: "respond-async" } },
  );
  assert.equal(accepted.status, 202);
  await until("the model works", () => emulator.active === 1);
  const path = String(accepted.headers.location);
  const cancelled = await node.ask(`${path}/cancel`, { token, method: "POST" });
  assert.equal(cancelled.json.status, "cancelled", cancelled.text);
  await until("the model server is told", () => emulator.aborted === 1);
  assert.equal((await node.ask(path, { token })).json.status, "cancelled");

  for (const stream of [false, true]) {
    const before = emulator.aborted;
    const away = new AbortController();
    const gone = node
      .say({ text: "I leave", conversation: "b", stream }, { token, signal: away.signal })
      .then(
        () => false,
        () => true,
      );
    await until("the model works", () => emulator.active === 1);
    away.abort();
    assert.equal(await gone, true);
    await until("the model server is told", () => emulator.aborted === before + 1);
  }
  const ends = await until("both ends are recorded", async () => {
    const failed = await node.journal("turn.failed");
    return failed.length === 3 && failed;
  });
  assert.deepEqual(
    ends.map(({ facts }) => facts.code),
    ["cancelled", "cancelled", "cancelled"],
  );
  const again = await node.say(
    { text: "still there?", conversation: "b" },
    { token, timeoutMs: 30_000 },
  );
  assert.equal(again.status, 200, "the conversation goes on");
});

test("reasoning is never part of an answer, and the deltas are the text", async () => {
  const reasoning = "Let me думать: the secret plan";
  await using both = await startWithEmulator({
    rules: [
      { text: /field/, reply: { text: reply, reasoning, reasoningIn: "field" } },
      { text: /content/, reply: { text: reply, reasoning, reasoningIn: "content" } },
    ],
  });
  for (const text of ["by field", "by content"]) {
    const whole = await both.node.say({ text });
    assert.equal(whole.json.text, reply);
    const events = await both.node.client.events("/api/v1/message", {
      body: { text, stream: true },
    });
    assert.equal(deltas(events), reply);
    assert.equal(events.at(-1)?.data.text, reply);
    assert.doesNotMatch(JSON.stringify(events), /think|думать|secret plan/);
  }
  assert.doesNotMatch(JSON.stringify(await both.node.journal("turn.")), /secret plan/);
});

test("202, Location, and the run's events resumed from where the client was", async () => {
  await using both = await startWithEmulator({ rules: [{ reply }], tokenDelayMs: 15 });
  const { node } = both;
  const token = node.owner;
  const accepted = await node.say(
    { text: "slowly" },
    { token, headers: { prefer: "respond-async" } },
  );
  assert.equal(accepted.status, 202);
  const path = String(accepted.headers.location);
  assert.equal(path, `/api/v1/runs/${accepted.json.id}`);
  assert.ok(["queued", "running"].includes(accepted.json.status));
  let seen = "";
  let lastId = "0";
  for (let visit = 0; visit < 3; visit += 1) {
    for await (const { id, event, data } of node.stream(`${path}/events`, {
      token,
      headers: { "last-event-id": lastId },
    })) {
      lastId = id ?? lastId;
      if (event !== "delta") continue;
      seen += data.text;
      if (visit < 2) break;
    }
  }
  assert.equal(seen, reply);
  const ended = await node.ask(path, { token });
  assert.equal(ended.json.status, "answered");
  assert.equal(ended.json.answer.text, reply);
  const late = await node.client.events(`${path}/events`, {
    token,
    headers: { "last-event-id": "4" },
  });
  assert.equal(deltas(late), reply.slice(4));
  await node.restart();
  const afterRestart = await node.client.events(`${path}/events`, { token });
  assert.equal(deltas(afterRestart), reply, "a finished run can be followed after a restart");
  const quick = await node.say({ text: "quick" }, { token, headers: { prefer: "wait=10" } });
  assert.equal(quick.status, 200, "an answer within the wait comes at once");
  for (const intruder of [undefined, await node.makeToken("other", ["say"])])
    assert.equal((await node.ask(path, { token: intruder })).status, 404);
});
