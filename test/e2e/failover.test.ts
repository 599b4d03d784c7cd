import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Fault, type OpenAiEmulator, startOpenAiEmulator } from "@adyton/emulators";
import { NodeProcess, until } from "./node-process.ts";
import { lastingPort } from "../../packages/core/test/lasting-port.ts";

// Two model servers behind one node. One is killed, or fails in turns with the other; no turn is lost.

const replies = {
  a: "One two three four five six seven eight nine ten, says a.",
  b: "Раз два три четыре пять шесть семь восемь девять десять, говорит b.",
} as const;

const entry = (name: string, port: number, more = ""): string =>
  `  - { name: ${name}, url: "http://127.0.0.1:${port}/v1", model: emulated-chat${more} }\n`;

/** A model server in a process that can be killed. */
async function startServer(options: object) {
  const runner = join(import.meta.dirname, "run-emulator.ts");
  const child: ChildProcess = spawn(process.execPath, [runner, JSON.stringify(options)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  assert.ok(child.stdout !== null);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  };
  return {
    port: Number(String(line)),
    kill: () => end("SIGKILL"),
    [Symbol.asyncDispose]: () => end("SIGKILL"),
  };
}

const stateOf = async (node: NodeProcess) =>
  (await node.ask("/api/v1/health", { token: node.owner })).json;

async function metric(node: NodeProcess, line: RegExp): Promise<number> {
  const { text } = await node.ask("/metrics", { token: node.owner });
  return Number(line.exec(text)?.[1] ?? Number.NaN);
}

describe("a model server that is killed in mid-answer", { concurrency: 2 }, () => {
  for (const isStreamed of [true, false])
    test(isStreamed ? "a stream starts over" : "a whole answer comes from the other", async () => {
      await using stack = new AsyncDisposableStack();
      const port = await lastingPort();
      const paced = { rules: [{ reply: replies.a }], tokenDelayMs: 300, port };
      const a = stack.use(await startServer(paced));
      const b = stack.use(await startOpenAiEmulator({ rules: [{ reply: replies.b }] }));
      const config = `backends:\n${entry("a", a.port)}${entry("b", b.port, ", weight: 0")}`;
      const node = stack.use(await NodeProcess.start({ backend: "configured", config }));
      await until("both work", async () => (await stateOf(node)).status === "ok");
      const body = { text: "count", conversation: "c" };
      let answer;
      if (isStreamed) {
        let shown = "";
        let before = "";
        const stream = node.stream("/api/v1/message", {
          token: node.owner,
          body: { ...body, stream: true },
        });
        for await (const { event, data } of stream) {
          if (event === "delta") {
            shown += String(data.text);
            if (before === "" && shown.length > 5) await a.kill();
          } else if (event === "restart") {
            assert.equal(before, "", "it starts over once");
            before = shown;
            shown = "";
          } else if (event === "answer") answer = data;
        }
        assert.ok(before.length > 5 && replies.a.startsWith(before.trimEnd()), before);
        assert.equal(shown, replies.b);
        assert.equal(answer?.restarts, 1);
      } else {
        const asking = node.say(body);
        await until(
          "it is asked",
          async () => (await metric(node, /in_flight\{backend="a"\} (\d)/)) === 1,
        );
        await a.kill();
        answer = (await asking).json;
      }
      assert.equal(answer?.text, replies.b);
      assert.equal(answer?.finish, "stop");
      const health = await stateOf(node);
      assert.deepEqual([health.status, health.ready], ["degraded", true]);
      const states = Object.fromEntries(
        health.parts.map((part: { name: string; status: string }) => [part.name, part.status]),
      );
      assert.deepEqual([states["model:a"], states["model:b"]], ["degraded", "ok"]);
      const [record] = await node.journal("turn.answered");
      assert.deepEqual(
        [record?.["facts"].backend, record?.["facts"].failovers],
        ["b", 1],
        JSON.stringify(record),
      );
      assert.ok(record?.["facts"].stalledMs >= 0);
      assert.equal(await metric(node, /failures_total\{backend="a"\} (\d+)/), 1);
      // Back on its port, it heals by itself and takes its share again.
      stack.use(await startOpenAiEmulator({ port: a.port, rules: [{ reply: replies.a }] }));
      await until("it heals", async () => (await stateOf(node)).status === "ok", 40_000);
      const next = await node.say({ text: "count", conversation: "another" });
      assert.equal(next.json.text, replies.a);
    });
});

const faults: readonly Fault[] = [
  { kind: "cut_stream", afterTokens: 4 },
  { kind: "status", status: 500 },
  { kind: "early_end", afterTokens: 4 },
  { kind: "refuse" },
  { kind: "invalid_chunk", afterTokens: 4 },
  { kind: "html" },
  { kind: "status", status: 429, retryAfterS: 1 },
  { kind: "invalid_json" },
];
const turnsCount = 200;
const conversations = 16;
const turnsPerFault = 5;

/** Asks so many turns, of which every other one is watched, while the servers fail in turns. */
async function askThrough(node: NodeProcess, servers: readonly OpenAiEmulator[]) {
  const told: { readonly text: string; readonly finish: string }[] = [];
  const turns = Array.from({ length: turnsCount }, (_, index) => index);
  let ended = 0;
  const askOne = async (conversation: string, turn: number): Promise<void> => {
    const body = { text: `turn ${turn}`, conversation };
    const token = node.owner;
    if (turn % 2 === 0) {
      const events = await node.client.events("/api/v1/message", {
        token,
        body: { ...body, stream: true },
      });
      const last = events.at(-1);
      const restart = events.findLastIndex(({ event }) => event === "restart");
      const shown = events
        .slice(restart + 1)
        .flatMap(({ event, data }) => (event === "delta" ? [String(data.text)] : []))
        .join("");
      if (last?.event === "answer") {
        assert.equal(shown, last.data.text, "what is seen after the last restart is the answer");
        told.push({ text: last.data.text, finish: last.data.finish });
      }
    } else {
      const answer = await node.say(body);
      if (answer.status === 200) told.push({ text: answer.json.text, finish: answer.json.finish });
    }
    ended += 1;
    if (ended % turnsPerFault !== 0) return;
    const round = ended / turnsPerFault;
    for (const [index, server] of servers.entries()) {
      const isFailing = round % 2 === index % 2;
      server.setFault(isFailing ? (faults[round % faults.length] ?? null) : null);
    }
  };
  const talk = async (name: string): Promise<void> => {
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift())
      await askOne(name, turn);
  };
  await Promise.all(Array.from({ length: conversations }, (_, index) => talk(`c${index}`)));
  return told;
}

test("200 turns while two servers fail in turns: none is lost, none is answered twice", async () => {
  await using stack = new AsyncDisposableStack();
  const a = stack.use(await startOpenAiEmulator({ rules: [{ reply: replies.a }] }));
  const b = stack.use(await startOpenAiEmulator({ rules: [{ reply: replies.b }] }));
  const config = `backends:\n${entry("a", a.port, ", weight: 2")}${entry("b", b.port)}`;
  const node = stack.use(await NodeProcess.start({ backend: "configured", config }));
  const told = await askThrough(node, [a, b]);
  const failures = await node.journal("turn.failed");
  assert.deepEqual(
    failures.map(({ facts, data }) => [facts, data.detail]),
    [],
  );
  assert.equal(told.length, turnsCount);
  const whole: readonly string[] = Object.values(replies);
  for (const { text, finish } of told) assert.ok(finish === "stop" && whole.includes(text), text);
  const answered = await node.journal("turn.answered");
  assert.equal(answered.length, turnsCount);
  assert.equal(new Set(answered.map(({ facts }) => facts.run)).size, turnsCount);
  assert.ok(answered.some(({ facts }) => facts.failovers > 0));
  assert.equal((await node.verify()).json.clean, true);
});

test("the same faults with one server alone lose turns", async () => {
  await using stack = new AsyncDisposableStack();
  const a = stack.use(await startOpenAiEmulator({ rules: [{ reply: replies.a }] }));
  const node = stack.use(
    await NodeProcess.start({ backend: "configured", config: `backends:\n${entry("a", a.port)}` }),
  );
  const told = await askThrough(node, [a]);
  const whole = told.filter(({ finish }) => finish === "stop");
  assert.ok(whole.length < turnsCount, "the faults do strike");
});
