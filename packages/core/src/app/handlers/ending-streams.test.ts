import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Route, routes, type TokenRequest } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import type { Handlers, Principal, Reply, StreamSink } from "../../ports/http.ts";
import { KeyedTurns } from "../keyed-turns.ts";
import { ModelNames } from "../openai/model-names.ts";
import { ResponseChain } from "../openai/response-chain.ts";
import {
  builtIn,
  HeldBackend,
  openApp,
  type OpenApp,
  poolOf,
  question,
  until,
} from "../test/app-fixture.ts";
import { owner } from "../tokens.ts";
import { dataHandlers } from "./data.ts";
import { endingStreams } from "./ending-streams.ts";
import { openAiHandlers } from "./openai.ts";
import { talkHandlers } from "./talk.ts";

class Sink implements StreamSink {
  readonly sent: { readonly event?: string; readonly data: unknown }[] = [];
  readonly #gone = new AbortController();
  drain: Promise<void> = Promise.resolve();

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  send(sent: { readonly event?: string; readonly data: unknown }): boolean {
    this.sent.push(sent);
    return true;
  }

  drained(): Promise<void> {
    return this.drain;
  }

  leave(): void {
    this.#gone.abort();
  }
}

function handlersOf(app: OpenApp) {
  const { commands, turns, runs, idempotency, events, memory, records, state } = app;
  const recovered = Promise.resolve();
  const keyed = new KeyedTurns({ turns, idempotency, recovered });
  const backends = poolOf();
  const language = "en";
  return endingStreams(
    {
      ...talkHandlers({
        commands,
        conversations: app.conversations,
        turns,
        keyed,
        runs,
        idempotency,
        recovered,
        language: "en",
        now: () => app.clock.ms,
      }),
      ...dataHandlers({
        events,
        memory,
        transfer: app.transfer,
        forgetting: app.forgetting,
        idempotency,
      }),
      ...openAiHandlers({
        keyed,
        names: new ModelNames({ backends, modes: builtIn, language, startedMs: 0 }),
        chain: new ResponseChain({ records, state, language }),
        backends,
        language,
      }),
    },
    app.tokens,
  );
}

async function callerOf(app: OpenApp, more: Partial<TokenRequest> = {}): Promise<Principal> {
  const may: TokenRequest["may"] = ["say", "read"];
  const { secret } = await app.tokens.add({ name: "app", may, person: false, ...more }, owner);
  const principal = app.tokens.authenticate(secret);
  assert.ok(principal);
  return principal;
}

const call = (principal: Principal) => ({
  principal,
  params: undefined,
  query: {},
  body: undefined,
  fingerprint: Buffer.alloc(32),
  wantsStream: true,
  signal: new AbortController().signal,
});

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function usedBytes(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

function write(reply: Reply, sink: StreamSink): Promise<void> {
  assert.ok(reply.kind === "stream");
  return reply.write(sink);
}

const unauthorized = (error: unknown): boolean =>
  error instanceof ProblemError && error.problem.code === "unauthorized";

describe("a stream", () => {
  it("of every route that has one ends with its caller's token", () => {
    const table: readonly Route[] = routes;
    assert.deepEqual(
      table.filter(({ events }) => events !== undefined).map(({ id }) => id),
      [
        "sendMessage",
        "followRun",
        "getEvents",
        "exportMemory",
        "createChatCompletion",
        "createResponse",
      ],
    );
  });

  it("of the journal ends when the token is revoked, and shows nothing later", async () => {
    await using app = await openApp({ backend: new HeldBackend(1, "ответ") });
    const caller = await callerOf(app);
    const reply = await handlersOf(app).getEvents(call(caller));
    const [sink, other] = [new Sink(), new Sink()];
    const streams = [write(reply, sink), write(reply, other)];
    await until("it stands at the end", () => sink.sent.length === 1);
    other.leave();
    await streams[1];
    await app.turns.submit(question("до")).end;
    await until("the turn", () => sink.sent.length === 3);
    const ended = assert.rejects(streams[0] ?? Promise.resolve(), unauthorized);
    await app.tokens.revoke("app", owner);
    await ended;
    await app.turns.submit(question("после")).end;
    assert.doesNotMatch(JSON.stringify(sink.sent), /после/);
    assert.equal(other.sent.length, 1, "one that ended before is not told");
  });

  it("ends at the token's expiry, though nothing happens and its client reads nothing", async () => {
    await using app = await openApp();
    const expiresAt = new Date(app.clock.ms + 50).toISOString();
    const caller = await callerOf(app, { expiresAt });
    const sink = new Sink();
    sink.drain = new Promise(() => undefined);
    const ended = write(await handlersOf(app).getEvents(call(caller)), sink);
    let isOver = false;
    const rejected = assert.rejects(ended, unauthorized).then(() => (isOver = true));
    await until("the first look", () => sink.sent.length === 1);
    assert.equal(isOver, false);
    app.clock.ms += 50;
    await rejected;
  });

  it("takes nothing after the expiry, also before the timer tells", async () => {
    await using app = await openApp();
    const expiresAt = new Date(app.clock.ms + 3_600_000).toISOString();
    const caller = await callerOf(app, { expiresAt });
    const sink = new Sink();
    const ended = write(await handlersOf(app).getEvents(call(caller)), sink);
    const rejected = assert.rejects(ended, unauthorized);
    await until("the first", () => sink.sent.length === 1);
    app.clock.ms += 3_600_000;
    await app.tokens.add({ name: "later", may: ["say"], person: false }, owner);
    await rejected;
    assert.equal(sink.sent.length, 1);
  });

  it("of a run ends when the token is revoked; the run goes on", async () => {
    const backend = new HeldBackend();
    await using app = await openApp({ backend });
    const caller = await callerOf(app);
    const run = app.turns.submit(question("q", { principal: caller, detached: true }));
    await until("the call", () => backend.open.length === 1);
    const sink = new Sink();
    const reply = await handlersOf(app).followRun({
      ...call(caller),
      query: undefined,
      params: { id: run.id },
    });
    const ended = assert.rejects(write(reply, sink), unauthorized);
    await app.tokens.revoke("app", owner);
    await ended;
    assert.deepEqual(
      sink.sent.map(({ event }) => event),
      ["started"],
    );
    backend.open[0]?.answer("ответ");
    assert.equal((await run.end).kind, "answered");
  });

  it("keeps nothing of the waits for its reader", async () => {
    const tokens = { principal: () => owner, onEnd: () => () => undefined };
    const waits = 100_000;
    let keptBytes = 0;
    await using app = await openApp();
    const getEvents: Handlers["getEvents"] = async () => ({
      kind: "stream",
      write: async (sink) => {
        const before = usedBytes();
        for (let wait = 0; wait < waits; wait++) await sink.drained();
        keptBytes = usedBytes() - before;
      },
    });
    const handlers = endingStreams({ ...handlersOf(app), getEvents }, tokens);
    await write(await handlers.getEvents(call(owner)), new Sink());
    assert.ok(keptBytes / waits < 100, `${keptBytes / waits} bytes a wait`);
  });

  it("of the owner goes on while tokens come and go", async () => {
    await using app = await openApp();
    const sink = new Sink();
    const followed = write(await handlersOf(app).getEvents(call(owner)), sink);
    await callerOf(app);
    await app.tokens.revoke("app", owner);
    await until("both", () => sink.sent.length === 2);
    sink.leave();
    await followed;
  });
});
