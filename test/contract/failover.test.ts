import { startOpenAiEmulator, type Fault, type OpenAiEmulator } from "@adyton/emulators";
import { type Clock, systemClock } from "@adyton/runtime/clock";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackendOptions } from "../../packages/core/src/adapters/openai-compatible/backend.ts";
import { BackendPool } from "../../packages/core/src/app/backend-pool.ts";
import { askServers, roundsMax } from "../../packages/core/src/app/failover.ts";
import { messages, open, quick, serveChat } from "./backend-fixture.ts";
import { passingClock } from "./passing-clock.ts";

// Two model servers of which one fails in every way it can, while somebody watches and while nobody does.

const answers = {
  a: "One two three four five six seven, says a.",
  b: "Раз два три четыре пять шесть семь, говорит b.",
};

/** Small waits: a hanging server is left after tens of milliseconds instead of seconds. */
const timeouts = {
  ...quick,
  brief: { silenceMsMax: 40, livenessEveryMs: 20, livenessMsMax: 50, stuckMsMax: 200 },
};

interface Shown {
  /** What a watcher sees now, and saw before each time it had to start over. */
  text: string;
  readonly before: string[];
}

async function pair(
  more: {
    readonly b?: Partial<BackendOptions>;
    readonly urlOfA?: string;
    readonly clock?: Clock;
  } = {},
) {
  const { clock = systemClock } = more;
  const stack = new AsyncDisposableStack();
  const pool = new BackendPool();
  const start = async (name: "a" | "b", url?: string): Promise<OpenAiEmulator> => {
    const emulator = stack.use(await startOpenAiEmulator({ rules: [{ reply: answers[name] }] }));
    const own = name === "b" ? more.b : {};
    const backend = stack.use(open(url ?? emulator.url, { name, timeouts, clock, ...own }));
    await backend.start?.();
    pool.add({ backend, roles: ["chat"], weight: name === "a" ? 1 : 0 });
    return emulator;
  };
  const a = await start("a", more.urlOfA);
  const b = await start("b");
  const begin = async (isWatched: boolean, signal = AbortSignal.timeout(30_000)) => {
    const shown: Shown = { text: "", before: [] };
    const served = await askServers(
      pool,
      {
        conversation: "c",
        signal,
        clock,
        random: () => 0,
        onDelta: isWatched ? (text) => void (shown.text += text) : undefined,
        onRestart: () => {
          shown.before.push(shown.text);
          shown.text = "";
        },
      },
      async (backend, attempt) => ({
        outcome: await backend.chat({ messages, signal, ...attempt }),
        made: undefined,
      }),
    );
    return served === undefined ? undefined : { ...served, shown };
  };
  const ask = async (...[isWatched, signal]: Parameters<typeof begin>) =>
    (await begin(isWatched, signal)) ?? assert.fail("nobody was asked");
  return { pool, a, b, ask, begin, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const chats = (emulator: OpenAiEmulator): number =>
  emulator.requests.filter(({ endpoint }) => endpoint === "chat").length;

describe("a model server that fails while another is there", () => {
  const faults: ReadonlyArray<readonly [name: string, fault: Fault, showsPart: boolean]> = [
    ["it refuses the connection", { kind: "refuse" }, false],
    ["status 500", { kind: "status", status: 500 }, false],
    ["status 503", { kind: "status", status: 503 }, false],
    ["429, to be left alone for a minute", { kind: "status", status: 429, retryAfterS: 60 }, false],
    ["401", { kind: "status", status: 401 }, false],
    ["404", { kind: "status", status: 404 }, false],
    ["half a JSON", { kind: "invalid_json" }, false],
    ["a web page", { kind: "html" }, false],
    ["no choices", { kind: "empty_choices" }, false],
    ["it lives and never answers", { kind: "timeout" }, false],
    ["it breaks off before the first word", { kind: "cut_stream", afterTokens: 0 }, false],
    ["it breaks off in mid-answer", { kind: "cut_stream", afterTokens: 5 }, true],
    ["it ends in mid-answer", { kind: "early_end", afterTokens: 5 }, true],
    ["garbage in mid-answer", { kind: "invalid_chunk", afterTokens: 5 }, true],
    [
      "it drips, and then another word takes too long",
      { kind: "slow_drip", tokenDelayMs: 400 },
      false,
    ],
  ];
  for (const [name, fault, showsPart] of faults)
    for (const isWatched of [true, false])
      it(`${name}, ${isWatched ? "watched" : "unwatched"}: the other answers`, async () => {
        await using two = await pair();
        two.a.setFault(fault);
        const { outcome, backend, failovers, shown } = await two.ask(isWatched);
        assert.ok(outcome.kind === "answered", JSON.stringify(outcome));
        assert.deepEqual([outcome.text, outcome.finish], [answers.b, "stop"]);
        assert.deepEqual([backend.name, failovers], ["b", 1]);
        // A kept connection that breaks is replaced at once, which is no second try.
        assert.deepEqual([chats(two.a), chats(two.b)], [fault.kind === "refuse" ? 2 : 1, 1]);
        const isRestarted = isWatched && showsPart;
        assert.equal(shown.before.length, isRestarted ? 1 : 0);
        assert.equal(shown.text, isWatched ? answers.b : "");
        if (isRestarted) assert.ok(answers.a.startsWith(shown.before[0]?.trimEnd() ?? "-"));
        assert.deepEqual([two.pool.inFlight("a"), two.pool.inFlight("b")], [0, 0]);
        assert.deepEqual([two.pool.failed.value("a"), two.pool.failed.value("b")], [1, 0]);
      });

  it("hangs in mid-answer: the watcher starts over and sees the other's answer alone", async () => {
    const chunk = { choices: [{ index: 0, delta: { content: "One two " }, finish_reason: null }] };
    await using server = await serveChat((_request, response) => {
      response.setHeader("content-type", "text/event-stream");
      response.write(`data: ${JSON.stringify(chunk)}\n\n`);
    });
    await using two = await pair({ urlOfA: server.url, clock: passingClock() });
    const { outcome, shown, stalledMs } = await two.ask(true);
    assert.ok(outcome.kind === "answered");
    assert.equal(outcome.text, answers.b);
    assert.deepEqual(shown, { text: answers.b, before: ["One two "] });
    assert.ok(stalledMs >= 190, `${stalledMs} ms are the time that nothing came`);
    assert.equal(two.pool.stalledMs.value("b"), stalledMs);
  });

  it("works: the other is not asked, and a long silence that another does not end is waited out", async () => {
    await using two = await pair();
    assert.equal((await two.ask(true)).backend.name, "a");
    assert.equal(chats(two.b), 0);
    await two.b[Symbol.asyncDispose]();
    two.a.setFault({ kind: "long_prefill", firstByteDelayMs: 700 });
    const { outcome } = await two.ask(true);
    assert.ok(outcome.kind === "answered" && outcome.text === answers.a, JSON.stringify(outcome));
  });
});

describe("model servers that all fail", () => {
  it("are asked in rounds, each once, and the failure is clear", async () => {
    await using two = await pair();
    two.a.setFault({ kind: "status", status: 500 });
    two.b.setFault({ kind: "status", status: 500 });
    const { outcome, shown } = await two.ask(true);
    assert.ok(outcome.kind === "failed" && outcome.reason === "unavailable");
    assert.match(outcome.detail.en, /status 500/);
    assert.deepEqual(shown, { text: "", before: [] });
    assert.deepEqual([chats(two.a), chats(two.b)], [roundsMax, roundsMax]);
  });

  for (const [seconds, rounds] of [
    [20, 1],
    [1, roundsMax],
  ] as const)
    it(`are asked ${rounds} times when they want to be left alone for ${seconds} s`, async () => {
      await using two = await pair();
      for (const emulator of [two.a, two.b])
        emulator.setFault({ kind: "status", status: 429, retryAfterS: seconds });
      const { outcome } = await two.ask(false);
      assert.ok(outcome.kind === "failed" && outcome.reason === "unavailable");
      assert.deepEqual([chats(two.a), chats(two.b)], [rounds, rounds]);
    });

  it("answer in a later round, when one is well again", async () => {
    await using two = await pair();
    two.a.setFault({ kind: "status", status: 503 }, { times: 1 });
    two.b.setFault({ kind: "refuse" });
    const { outcome, backend, failovers } = await two.ask(false);
    assert.ok(outcome.kind === "answered");
    assert.equal(backend.name, "a");
    assert.ok(
      failovers === 2 || failovers === 3,
      `${failovers}, for the round may begin with either`,
    );
  });

  it("are not asked again when they refuse, and what they say of the request is told", async () => {
    await using two = await pair();
    two.a.setFault({ kind: "status", status: 422 });
    two.b.setFault({ kind: "status", status: 500 });
    const { outcome } = await two.ask(false);
    assert.ok(outcome.kind === "failed" && outcome.reason === "refused");
    assert.deepEqual([chats(two.a), chats(two.b)], [1, roundsMax]);
  });

  it("leave the longest part that arrived, shown again when another part came after it", async () => {
    await using two = await pair();
    two.a.setFault({ kind: "cut_stream", afterTokens: 6 }, { times: 1 });
    two.b.setFault({ kind: "cut_stream", afterTokens: 3 }, { times: 1 });
    const asking = two.ask(true);
    await two.b.waitForRequests(1, { timeoutMs: 30_000, endpoint: "chat" });
    two.a.setFault({ kind: "status", status: 422 });
    two.b.setFault({ kind: "status", status: 422 });
    const { outcome, shown } = await asking;
    assert.ok(outcome.kind === "answered" && outcome.finish === "cut", JSON.stringify(outcome));
    assert.ok(answers.a.startsWith(outcome.text.trimEnd()));
    assert.equal(shown.text, outcome.text);
    assert.equal(shown.before.length, 2);
  });

  it("end with the turn's budget, also while the answer waits for a server", async () => {
    await using two = await pair({ b: { concurrency: 1 } });
    two.a.setFault({ kind: "status", status: 500 });
    two.b.setFault({ kind: "timeout" });
    const budget = new AbortController();
    const first = two.ask(false, budget.signal);
    await two.b.waitForRequests(1, { timeoutMs: 30_000, endpoint: "chat" });
    // The second finds the only one that works busy, and waits for it.
    const late = new AbortController();
    const second = two.begin(false, late.signal);
    late.abort();
    assert.equal(await second, undefined);
    budget.abort();
    const ended = (await first).outcome;
    assert.ok(ended.kind === "failed" && ended.reason === "cancelled");
    assert.deepEqual([two.pool.inFlight("a"), two.pool.inFlight("b")], [0, 0]);
  });

  it("one alone keeps what it has shown and is not begun anew", async () => {
    await using emulator = await startOpenAiEmulator({ rules: [{ reply: answers.a }] });
    await using backend = open(emulator.url);
    const pool = new BackendPool();
    pool.add({ backend, roles: ["chat"], weight: 1 });
    emulator.setFault({ kind: "cut_stream", afterTokens: 5 });
    const signal = AbortSignal.timeout(30_000);
    let shown = "";
    const served = await askServers(
      pool,
      {
        conversation: "c",
        signal,
        onDelta: (text) => void (shown += text),
        onRestart: () => assert.fail("it starts over"),
      },
      async (only, attempt) => ({
        outcome: await only.chat({ messages, signal, ...attempt }),
        made: 0,
      }),
    );
    assert.ok(served?.outcome.kind === "answered" && served.outcome.finish === "cut");
    assert.equal(served.outcome.text, shown);
    assert.equal(chats(emulator), 1);
  });
});
