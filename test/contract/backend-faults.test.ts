import type { Fault } from "@adyton/emulators";
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  answerBytesMax,
  answerCharsMax,
  triesMax,
} from "../../packages/core/src/adapters/openai-compatible/limits.ts";
import {
  ask,
  briefly,
  chats,
  messages,
  never,
  open,
  quick,
  reply,
  serve,
  serveChat,
  start,
} from "./backend-fixture.ts";

/** The adapter against servers that fail: every way a model server was seen to, on real sockets. */

interface Case {
  readonly name: string;
  readonly fault: Fault;
  readonly streamed: string;
  readonly whole: string;
  readonly calls?: number;
}

const cases: readonly Case[] = [
  { name: "a web page", fault: { kind: "html" }, streamed: "invalid", whole: "invalid" },
  {
    name: "half of a JSON body",
    fault: { kind: "invalid_json" },
    streamed: "invalid",
    whole: "invalid",
  },
  { name: "no choices", fault: { kind: "empty_choices" }, streamed: "invalid", whole: "invalid" },
  {
    name: "a cut connection",
    fault: { kind: "cut_stream", afterTokens: 3 },
    streamed: "cut",
    whole: "unavailable",
  },
  {
    name: "an early end",
    fault: { kind: "early_end", afterTokens: 3 },
    streamed: "cut",
    whole: "any",
  },
  {
    name: "an early end before the first word",
    fault: { kind: "early_end", afterTokens: 0 },
    streamed: "invalid",
    whole: "any",
  },
  {
    name: "an unreadable event",
    fault: { kind: "invalid_chunk", afterTokens: 3 },
    streamed: "cut",
    whole: "invalid",
  },
  {
    name: "a repeated piece",
    fault: { kind: "duplicate_chunk", afterTokens: 2 },
    streamed: "answered",
    whole: "answered",
  },
  {
    name: "bytes that are no UTF-8",
    fault: { kind: "garbage_utf8" },
    streamed: "answered",
    whole: "answered",
  },
  {
    name: "characters cut in two",
    fault: { kind: "split_utf8" },
    streamed: "answered",
    whole: "answered",
  },
  {
    name: "a slow drip",
    fault: { kind: "slow_drip", tokenDelayMs: 5 },
    streamed: "answered",
    whole: "answered",
  },
  {
    name: "status 400",
    fault: { kind: "status", status: 400 },
    streamed: "refused",
    whole: "refused",
    calls: 1,
  },
  {
    name: "status 401",
    fault: { kind: "status", status: 401 },
    streamed: "refused",
    whole: "refused",
    calls: 1,
  },
  {
    name: "status 422",
    fault: { kind: "status", status: 422 },
    streamed: "refused",
    whole: "refused",
    calls: 1,
  },
  {
    name: "status 500",
    fault: { kind: "status", status: 500 },
    streamed: "unavailable",
    whole: "unavailable",
    calls: triesMax,
  },
  {
    name: "status 502",
    fault: { kind: "status", status: 502 },
    streamed: "unavailable",
    whole: "unavailable",
    calls: triesMax,
  },
  {
    name: "status 504",
    fault: { kind: "status", status: 504 },
    streamed: "unavailable",
    whole: "unavailable",
    calls: triesMax,
  },
];

describe("faults", () => {
  for (const { name, fault, streamed, whole, calls } of cases)
    for (const isStreamed of [true, false]) {
      const expected = isStreamed ? streamed : whole;
      if (expected === "any") continue;
      it(`${name}, ${isStreamed ? "streamed" : "whole"}: ${expected}`, async () => {
        await using node = await start();
        node.emulator.setFault(fault);
        const { outcome, shown } = await ask(node.backend, isStreamed);
        assert.equal(briefly(outcome), expected);
        if (outcome.kind === "answered" && isStreamed) assert.equal(shown, outcome.text);
        if (expected === "cut")
          assert.ok(outcome.kind === "answered" && reply.startsWith(outcome.text));
        if (outcome.kind === "failed") {
          assert.equal(outcome.started, false);
          assert.doesNotMatch(JSON.stringify(outcome.detail), /127\.0\.0\.1|localhost|:\d{4,5}/);
          assert.match(outcome.detail.en, /^[A-Z][^а-яё]+\.$/i);
          assert.match(outcome.detail.ru, /^[А-ЯЁ].+[а-яё].+\.$/);
        }
        if (calls !== undefined) assert.equal(chats(node.emulator), calls);
      });
    }

  for (const status of [429, 500, 502, 503, 504])
    it(`tries again after status ${status} and succeeds`, async () => {
      await using node = await start({ timeouts: { ...quick, retryMsMax: 5_000 } });
      node.emulator.setFault({ kind: "status", status, retryAfterS: 0 }, { times: triesMax - 1 });
      const { outcome } = await ask(node.backend, true);
      assert.equal(outcome.kind === "answered" && outcome.text, reply);
      assert.equal(chats(node.emulator), triesMax);
      assert.equal(node.backend.health().status, "ok");
    });

  it("does not wait longer than the server's wish allows", async () => {
    await using node = await start({ timeouts: { ...quick, retryMsMax: 1_500 } });
    node.emulator.setFault({ kind: "status", status: 429, retryAfterS: 2 });
    const { outcome } = await ask(node.backend, false);
    assert.equal(briefly(outcome), "unavailable");
    assert.equal(chats(node.emulator), 1);
    node.emulator.clear();
    node.emulator.setFault({ kind: "status", status: 429, retryAfterS: 1 }, { times: 1 });
    const startedMs = performance.now();
    assert.equal(briefly((await ask(node.backend, false)).outcome), "answered");
    assert.ok(performance.now() - startedMs >= 990);
  });

  it("never tries again once something was shown", async () => {
    await using node = await start();
    node.emulator.setFault({ kind: "cut_stream", afterTokens: 2 });
    const { outcome, shown } = await ask(node.backend, true);
    assert.ok(outcome.kind === "answered" && outcome.finish === "cut" && shown === outcome.text);
    assert.equal(chats(node.emulator), 1);
  });

  it("never tries again although all that was shown turned out to be reasoning", async () => {
    let calls = 0;
    await using upstream = await serveChat((_request, response) => {
      calls += 1;
      response.setHeader("content-type", "text/event-stream");
      response.write('data: {"choices":[{"delta":{"content":"Hm. </think>"}}]}\n\n', () =>
        response.destroy(),
      );
    });
    await using backend = open(upstream.url);
    const { outcome, shown } = await ask(backend, true);
    assert.ok(outcome.kind === "failed");
    assert.deepEqual(
      [outcome.reason, outcome.started, shown, calls],
      ["unavailable", true, "Hm. ", 1],
    );
  });

  for (const status of [400, 401, 500])
    it(`repeats nothing of what a server says with status ${status}: neither a key nor a prompt`, async () => {
      await using upstream = await serveChat((request, response) => {
        response.statusCode = status;
        const message = `wrong: ${request.headers.authorization}, «Что нового?»`;
        response.end(JSON.stringify({ error: { message } }));
      });
      await using backend = open(upstream.url, {
        apiKey: { reveal: () => "sk-secret" },
        timeouts: { ...quick, retryMsMax: 0 },
      });
      const told: string[] = [];
      backend.onHealthChange(({ detail }) => told.push(detail));
      const { outcome } = await ask(backend, false);
      told.push(JSON.stringify([outcome, backend.health()]));
      assert.match(told.join(), new RegExp(String(status)));
      assert.doesNotMatch(told.join(), /sk-secret|wrong|Что нового/);
    });

  it("says that nothing listens", async () => {
    const gone = await serve(() => undefined);
    await gone[Symbol.asyncDispose]();
    await using backend = open(gone.url);
    const { outcome } = await ask(backend, true);
    assert.equal(briefly(outcome), "unavailable");
    assert.match(outcome.kind === "failed" ? outcome.detail.en : "", /accepts no connection/);
    assert.match(backend.health().detail, /127\.0\.0\.1/);
  });
});

describe("errors inside an answer", () => {
  const overflow = {
    error: {
      code: 400,
      message: "the request exceeds the available context size",
      type: "exceed_context_size_error",
    },
  };

  for (const isStreamed of [true, false])
    it(`takes an overflow with status 200 for one, ${isStreamed ? "streamed" : "whole"}`, async () => {
      await using upstream = await serveChat((_request, response) => {
        response.setHeader("content-type", isStreamed ? "text/event-stream" : "application/json");
        response.end(
          isStreamed ? `data: ${JSON.stringify(overflow)}\n\n` : JSON.stringify(overflow),
        );
      });
      await using backend = open(upstream.url);
      assert.equal(briefly((await ask(backend, isStreamed)).outcome), "overflow");
    });

  it("takes a whole answer although a stream was asked for", async () => {
    await using upstream = await serveChat((_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({ choices: [{ message: { content: "Всё." }, finish_reason: null }] }),
      );
    });
    await using backend = open(upstream.url);
    const { outcome, shown } = await ask(backend, true);
    assert.deepEqual([outcome.kind === "answered" && outcome.finish, shown], ["stop", "Всё."]);
  });

  it("follows no redirect", async () => {
    let followed = 0;
    await using target = await serve((_request, response) => {
      followed += 1;
      response.end();
    });
    await using upstream = await serveChat((_request, response) => {
      response.writeHead(307, { location: `${target.url}/v1/chat/completions` }).end();
    });
    await using backend = open(upstream.url);
    const { outcome } = await ask(backend, false);
    assert.match(outcome.kind === "failed" ? outcome.detail.en : "", /redirect/);
    assert.equal(followed, 0);
  });

  // One character of two units, which no limit may cut in two.
  const pair = "😀";
  for (const isStreamed of [true, false])
    for (const [name, text, kept, finish] of [
      ["at the limit", "я".repeat(answerCharsMax), answerCharsMax, "stop"],
      ["one unit over it", "я".repeat(answerCharsMax + 1), answerCharsMax, "length"],
      [
        "with a character across it",
        "я".repeat(answerCharsMax - 1) + pair,
        answerCharsMax - 1,
        "length",
      ],
    ] as const)
      it(`takes a text ${name}, ${isStreamed ? "streamed" : "whole"}: ${finish}`, async () => {
        await using upstream = await serveChat((_request, response) => {
          response.setHeader("content-type", isStreamed ? "text/event-stream" : "application/json");
          if (!isStreamed) {
            response.end(JSON.stringify({ choices: [{ message: { content: text } }] }));
            return;
          }
          for (let from = 0; from < text.length; from += 100_000) {
            const content = text.slice(from, from + 100_000);
            response.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
          }
          response.end("data: [DONE]\n\n");
        });
        await using backend = open(upstream.url);
        const { outcome, shown } = await ask(backend, isStreamed);
        assert.ok(outcome.kind === "answered");
        assert.deepEqual([outcome.finish, outcome.text.length], [finish, kept]);
        assert.ok(outcome.text === text.slice(0, kept));
        assert.ok(!isStreamed || shown === outcome.text);
        assert.equal(backend.health().status, "ok");
      });

  it("ends a stream that never ends once its text is long enough", async () => {
    const closed = Promise.withResolvers<void>();
    await using upstream = await serveChat((_request, response) => {
      response.setHeader("content-type", "text/event-stream");
      const content = "слово ".repeat(20_000);
      const more = (): void => {
        while (
          response.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`)
        );
      };
      response.on("drain", more);
      response.on("close", closed.resolve);
      more();
    });
    await using backend = open(upstream.url);
    const { outcome, shown } = await ask(backend, true);
    assert.ok(outcome.kind === "answered" && outcome.finish === "length");
    assert.equal(shown.length, answerCharsMax);
    await closed.promise;
  });

  it("takes a body at the limit and refuses one byte more", async () => {
    const frame = JSON.stringify({ choices: [{ message: { content: "" } }] }).length;
    let chars = answerBytesMax - frame;
    await using upstream = await serveChat((_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ choices: [{ message: { content: "x".repeat(chars) } }] }));
    });
    await using backend = open(upstream.url);
    assert.equal(briefly((await ask(backend, false)).outcome), "answered");
    chars += 1;
    const { outcome } = await ask(backend, false);
    assert.equal(briefly(outcome), "invalid");
    assert.match(outcome.kind === "failed" ? outcome.detail.en : "", /larger than/);
  });

  it("does not wait for a server that never ends its stream", async () => {
    await using upstream = await serveChat((_request, response) => {
      response.setHeader("content-type", "text/event-stream");
      response.write('data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n');
    });
    await using backend = open(upstream.url);
    const { outcome } = await ask(backend, true);
    assert.deepEqual(outcome, {
      kind: "answered",
      text: "Hi",
      finish: "stop",
      model: "emulated-chat",
    });
  });

  it("passes on what a listener throws, and closes the connection", async () => {
    await using node = await start();
    const onDelta = (): void => {
      throw new RangeError("the listener is full");
    };
    await assert.rejects(node.backend.chat({ messages, signal: never, onDelta }), RangeError);
    assert.equal((await ask(node.backend, true)).outcome.kind, "answered");
  });
});
