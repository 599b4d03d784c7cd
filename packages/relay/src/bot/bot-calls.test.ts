import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import {
  linkAnswerBytesMax,
  linkCallsMax,
  linkChunkBytes,
  linkMethods,
} from "@adyton/protocol/link-limits";
import { spoolMethod } from "@adyton/protocol/link-spool-limits";
import { type NumberedFrame, readFrame } from "@adyton/runtime/link/link-frame";
import { NumberedFrames } from "@adyton/runtime/link/numbered-frames";
import type { BotRequest } from "./bot-api.ts";
import { BotCalls } from "./bot-calls.ts";

/** Calls whose answers the test gives; what is posted is acknowledged at once. */
function setUp(answer: (wanted: BotRequest, signal: AbortSignal) => Promise<IncomingMessage>) {
  const frames = new NumberedFrames();
  const got: { readonly frame: NumberedFrame; readonly body: Buffer }[] = [];
  frames.attach((bytes) => {
    const read = readFrame(bytes);
    if (read === undefined || !("seq" in read.frame)) return;
    const { frame, body } = read;
    got.push({ frame, body });
    setImmediate(() => frames.confirm(frame.seq));
  }, 0);
  let [faults, refusals] = [0, 0];
  const calls = new BotCalls({
    frames,
    api: { ask: answer },
    faults: { refused: () => (refusals += 1) },
    fault: () => (faults += 1),
  });
  const call = (number: number, method = "sendMessage"): void =>
    calls.take({
      frame: { type: "call", seq: 1, call: number, method, contentType: "text/plain" },
      body: Buffer.from("body"),
    });
  const until = async (isSo: () => boolean): Promise<void> => {
    for (const endMs = performance.now() + 30_000; !isSo();) {
      assert.ok(performance.now() < endMs, "it does not come");
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { calls, got, call, until, faults: () => faults, refusals: () => refusals };
}

const answered = (chunks: readonly Buffer[], statusCode = 200): Promise<IncomingMessage> =>
  Promise.resolve(Object.assign(Readable.from(chunks), { statusCode }) as IncomingMessage);

/** A request that ends when it is taken back. */
const never = (_: BotRequest, signal: AbortSignal): Promise<IncomingMessage> =>
  new Promise((_resolve, reject) =>
    signal.addEventListener("abort", () => reject(new Error("taken back"))),
  );

describe("the calls of a session", () => {
  it("are made as they were asked for, and answered with what came", async () => {
    const asked: BotRequest[] = [];
    const { got, call, until } = setUp((wanted) => {
      asked.push(wanted);
      return answered([Buffer.from("no such chat")], 400);
    });
    call(3);
    await until(() => got.length === 1);
    assert.deepEqual(asked, [
      { kind: "method", name: "sendMessage", contentType: "text/plain", body: Buffer.from("body") },
    ]);
    const frame = { type: "result", seq: 1, call: 3, status: 400, isLast: true };
    assert.deepEqual(got, [{ frame, body: Buffer.from("no such chat") }]);
  });

  it("hand out a file in parts", async () => {
    const file = Buffer.alloc(2 * linkChunkBytes + 1, "f");
    const { calls, got, until } = setUp((wanted) => {
      assert.deepEqual(wanted, { kind: "file", path: "photos/a.jpg" });
      return answered([file.subarray(0, 10), file.subarray(10)]);
    });
    calls.take({
      frame: { type: "file", seq: 1, call: 1, path: "photos/a.jpg" },
      body: Buffer.alloc(0),
    });
    await until(() => got.length === 3);
    assert.deepEqual(
      got.map(({ frame, body }) => [frame.type, "isLast" in frame && frame.isLast, body.length]),
      [
        ["result", false, linkChunkBytes],
        ["more", false, linkChunkBytes],
        ["more", true, 1],
      ],
    );
    assert.deepEqual(Buffer.concat(got.map(({ body }) => body)), file);
  });

  it("are refused when the method is not of the list", async () => {
    const { got, call, until, refusals } = setUp(() => assert.fail("it was made"));
    for (const [number, method] of ["logOut", "setWebhook", "getStarTransactions"].entries())
      call(number, method);
    await until(() => got.length === 3);
    for (const { frame } of got) assert.ok(frame.type === "failed" && frame.code === "NOT_ALLOWED");
    assert.equal(refusals(), 3);
    // A relay without a spool is nothing that somebody should look at.
    call(3, spoolMethod);
    await until(() => got.length === 4);
    assert.deepEqual([got[3]?.frame.type, refusals()], ["failed", 3]);
    assert.ok(linkMethods.includes("getUpdates"));
  });

  it("fail by a code alone: the words of an error may hold the address, and with it the token", async () => {
    for (const [code, told] of [
      ["ECONNRESET", "ECONNRESET"],
      ["https://a/bot1:token/", "FAILED"],
      [undefined, "FAILED"],
    ] as const) {
      const error = Object.assign(new Error("GET https://a/bot1:token/ failed"), { code });
      const { got, call, until } = setUp(() => Promise.reject(error));
      call(1);
      await until(() => got.length === 1);
      assert.deepEqual(got[0]?.frame, { type: "failed", seq: 1, call: 1, code: told });
    }
  });

  it("are bounded in the bytes of their answers", async () => {
    const part = Buffer.alloc(1024 * 1024);
    const parts = (bytes: number): Buffer[] => [
      ...Array.from({ length: Math.floor(bytes / part.length) }, () => part),
      part.subarray(0, bytes % part.length),
    ];
    for (const [bytes, isWhole] of [
      [linkAnswerBytesMax, true],
      [linkAnswerBytesMax + 1, false],
    ] as const) {
      const { got, call, until } = setUp(() => answered(parts(bytes)));
      call(1);
      const last = () => got.at(-1)?.frame;
      await until(() => last()?.type === "failed" || /true/.test(JSON.stringify(last())));
      assert.equal(last()?.type, isWhole ? "more" : "failed");
    }
  });

  it("are bounded in their number, and none is begun twice at once", () => {
    const { calls, call, faults } = setUp(never);
    for (let number = 1; number <= linkCallsMax; number += 1) call(number);
    assert.deepEqual([calls.underWay, faults()], [linkCallsMax, 0]);
    call(linkCallsMax + 1);
    assert.deepEqual([calls.underWay, faults()], [linkCallsMax, 1]);
    calls[Symbol.dispose]();
    const other = setUp(never);
    other.call(1);
    other.call(1);
    assert.deepEqual([other.calls.underWay, other.faults()], [1, 1]);
    other.calls[Symbol.dispose]();
  });

  it("are taken back with a word of the node, and all with the session", async () => {
    const { calls, got, call, until } = setUp(never);
    for (const number of [1, 2, 3]) call(number);
    calls.take({ frame: { type: "cancel", seq: 4, call: 2 }, body: Buffer.alloc(0) });
    await until(() => calls.underWay === 2);
    calls[Symbol.dispose]();
    await until(() => calls.underWay === 0);
    assert.deepEqual(got, [], "nobody waits for an answer");
  });

  it("make room for others at once when they are taken back", async () => {
    const { calls, call, until, faults } = setUp(never);
    for (let number = 1; number <= linkCallsMax; number += 1) call(number);
    // As they come in one piece over the wire.
    for (let number = 1; number <= linkCallsMax; number += 1) {
      calls.take({ frame: { type: "cancel", seq: 1, call: number }, body: Buffer.alloc(0) });
      call(linkCallsMax + number);
    }
    assert.deepEqual([calls.underWay, faults()], [linkCallsMax, 0]);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(calls.underWay, linkCallsMax, "an old call's end takes no new one away");
    call(2 * linkCallsMax + 1);
    assert.equal(faults(), 1);
    calls[Symbol.dispose]();
    await until(() => calls.underWay === 0);
  });

  it("do not take what only a relay says", () => {
    const { calls, faults } = setUp(never);
    calls.take({ frame: { type: "more", seq: 1, call: 1, isLast: true }, body: Buffer.alloc(0) });
    assert.equal(faults(), 1);
  });
});
