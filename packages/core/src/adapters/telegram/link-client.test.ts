import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  linkAnswerBytesMax,
  linkAnswerPartsMax,
  linkCallBytesMax,
  linkCallsMax,
  linkCutMsMax,
} from "@adyton/protocol/link-limits";
import { ManualClock } from "@adyton/runtime/clock";
import { readFrame, writeFrame } from "@adyton/runtime/link/link-frame";
import { linkProof, newNonce } from "@adyton/runtime/link/link-proof";
import type { LinkSocket } from "@adyton/runtime/link/link-socket";
import type { LinkFrame } from "@adyton/protocol/link";
import { LinkClient, linkHeldBytesMax, linkWaitingMax, replacedWaitMs } from "./link-client.ts";

const key = { reveal: () => "the key" };
const never = new AbortController().signal;
const asked = { type: "call", method: "sendMessage", contentType: "" } as const;

/** A relay's end, written down by hand: it greets under a key and answers nothing by itself. */
class Relay implements LinkSocket {
  readonly got: LinkFrame[] = [];
  readonly nonce = newNonce();
  isCut = false;
  onMessage: (bytes: Buffer) => void = () => undefined;
  onClose: () => void = () => undefined;

  send(bytes: Buffer): void {
    const frame = readFrame(bytes)?.frame;
    if (frame !== undefined) this.got.push(frame);
  }

  destroy(): void {
    if (this.isCut) return;
    this.isCut = true;
    this.onClose();
  }

  say(frame: LinkFrame, body?: Buffer): void {
    this.onMessage(writeFrame(frame, body));
  }

  challenge(): void {
    this.say({ type: "challenge", version: 1, nonce: this.nonce });
  }

  welcome(under = key, said = { session: "a".repeat(32), isResumed: false, received: 0 }): void {
    const hello = this.got.find(({ type }) => type === "hello");
    assert.ok(hello?.type === "hello");
    const greeting = { relayNonce: this.nonce, coreNonce: hello.nonce, ...said };
    this.say({ type: "welcome", ...said, proof: linkProof(under, "relay", greeting) });
  }
}

function setUp() {
  const clock = new ManualClock();
  const relays: Relay[] = [];
  const dialledMs: number[] = [];
  let isDown = false;
  const client = new LinkClient({
    key,
    clock,
    random: () => 0.5,
    dial: (opened) => {
      dialledMs.push(clock.monotonicMs());
      if (isDown)
        return Promise.reject(Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
      const relay = new Relay();
      relays.push(relay);
      opened(relay);
      return Promise.resolve();
    },
  });
  client.start();
  const relay = async (): Promise<Relay> => {
    for (let turns = 0; turns < 1_000 && relays.length === 0; turns += 1) await clock.advance(100);
    const next = relays.shift();
    assert.ok(next);
    return next;
  };
  const greeted = async (): Promise<Relay> => {
    const next = await relay();
    next.challenge();
    next.welcome();
    return next;
  };
  return { clock, client, relay, greeted, dialledMs, down: () => (isDown = true) };
}

describe("the node's end of the link", () => {
  it("has a call answered, in parts too", async () => {
    const { client, greeted } = setUp();
    await using _ = client;
    const relay = await greeted();
    const answer = client.call(asked, Buffer.from("тело"), never);
    await new Promise(setImmediate);
    assert.deepEqual(relay.got.at(-1), { ...asked, seq: 1, call: 1 });
    relay.say({ type: "result", seq: 1, call: 1, status: 200, isLast: false }, Buffer.from("да, "));
    relay.say({ type: "more", seq: 2, call: 1, isLast: true }, Buffer.from("yes"));
    assert.deepEqual(await answer, { status: 200, body: Buffer.from("да, yes") });
  });

  it("fails a call at once while there is no relay, and says why", async () => {
    const { clock, client, down } = setUp();
    await using _ = client;
    down();
    await clock.advance(1_000);
    await assert.rejects(client.call(asked, undefined, never), { code: "RELAY_ECONNREFUSED" });
  });

  it("says nothing to a relay that cannot prove the key", async () => {
    const { client, relay } = setUp();
    await using _ = client;
    const impostor = await relay();
    impostor.challenge();
    impostor.welcome({ reveal: () => "another" });
    assert.deepEqual([impostor.isCut, impostor.got.length], [true, 1]);
    await new Promise(setImmediate);
    await assert.rejects(client.call(asked, undefined, never), { code: "RELAY_KEY" });
  });

  it("tells a relay that has another key from one that says nothing", async () => {
    const { client, relay } = setUp();
    await using _ = client;
    (await relay()).destroy();
    await new Promise(setImmediate);
    await assert.rejects(client.call(asked, undefined, never), { code: "RELAY_SILENT" });
    const other = await relay();
    other.challenge();
    other.destroy();
    await new Promise(setImmediate);
    await assert.rejects(client.call(asked, undefined, never), { code: "RELAY_KEY" });
  });

  it("asks every five seconds at the most for a relay that was away for long", async () => {
    const { clock, client, dialledMs, down } = setUp();
    await using _ = client;
    down();
    for (let step = 0; step < 600; step += 1) await clock.advance(100);
    const gapsMs = dialledMs.slice(1).map((ms, index) => ms - (dialledMs[index] ?? 0));
    assert.ok(gapsMs.length > 10 && Math.max(...gapsMs) <= 5_000, gapsMs.join());
  });

  it("does not go on with a session that is not its own", async () => {
    const { client, relay } = setUp();
    await using _ = client;
    const other = await relay();
    other.challenge();
    other.welcome(key, { session: "b".repeat(32), isResumed: true, received: 0 });
    assert.equal(other.isCut, true);
  });

  it("keeps calls over a cut, and fails them when it lasts too long", async () => {
    const { clock, client, greeted, down } = setUp();
    await using _ = client;
    const relay = await greeted();
    const outcomes: unknown[] = [];
    void client.call(asked, undefined, never).catch((error: unknown) => void outcomes.push(error));
    down();
    relay.destroy();
    await clock.advance(linkCutMsMax - 1);
    assert.deepEqual(outcomes, []);
    await clock.advance(1);
    assert.equal(Reflect.get(Object(outcomes[0]), "code"), "RELAY_LOST");
  });

  it("fails what is under way when the relay was started anew: it may have been made", async () => {
    const { client, greeted } = setUp();
    await using _ = client;
    const first = await greeted();
    const lost = assert.rejects(client.call(asked, undefined, never), { code: "RELAY_LOST" });
    first.destroy();
    const second = await greeted();
    await lost;
    assert.deepEqual(
      second.got.filter(({ type }) => type === "call"),
      [],
    );
  });

  it("leaves the relay to a newer node for a while", async () => {
    const { clock, client, greeted, relay } = setUp();
    await using _ = client;
    (await greeted()).say({ type: "replaced" });
    await clock.advance(1);
    await assert.rejects(client.call(asked, undefined, never), { code: "RELAY_REPLACED" });
    const beganMs = clock.monotonicMs();
    await relay();
    assert.ok(clock.monotonicMs() - beganMs >= replacedWaitMs - 1_000);
  });

  it("tells the relay of a call that nobody waits for", async () => {
    const { client, greeted } = setUp();
    await using _ = client;
    const relay = await greeted();
    const taken = new AbortController();
    const rejected = assert.rejects(client.call(asked, undefined, taken.signal), /enough/);
    await new Promise(setImmediate);
    taken.abort(new Error("enough"));
    await rejected;
    assert.deepEqual(relay.got.at(-1), { type: "cancel", seq: 2, call: 1 });
    relay.say({ type: "result", seq: 1, call: 1, status: 200, isLast: true });
    assert.equal(relay.isCut, false, "its answer was on its way");
  });

  it("bounds what a call sends along", async () => {
    const { client, greeted } = setUp();
    await using _ = client;
    const relay = await greeted();
    const taken = new AbortController();
    const at = client.call(asked, Buffer.alloc(linkCallBytesMax), taken.signal);
    await new Promise(setImmediate);
    assert.equal(relay.got.at(-1)?.type, "call");
    taken.abort();
    await assert.rejects(at);
    const over = client.call(asked, Buffer.alloc(linkCallBytesMax + 1), never);
    await assert.rejects(over, { code: "CALL_TOO_LARGE" });
  });

  it("bounds the parts of an answer, also of one whose parts are empty", async () => {
    for (const [parts, isWhole] of [
      [linkAnswerPartsMax, true],
      [linkAnswerPartsMax + 1, false],
    ] as const) {
      const { client, greeted } = setUp();
      await using _ = client;
      const relay = await greeted();
      const answer = client.call(asked, undefined, never);
      await new Promise(setImmediate);
      relay.say({ type: "result", seq: 1, call: 1, status: 200, isLast: false });
      for (let seq = 2; seq < parts; seq += 1)
        relay.say({ type: "more", seq, call: 1, isLast: false });
      relay.say({ type: "more", seq: parts, call: 1, isLast: isWhole });
      if (isWhole) assert.deepEqual(await answer, { status: 200, body: Buffer.alloc(0) });
      else await assert.rejects(answer, { code: "ANSWER_TOO_LARGE" });
    }
  });

  it("bounds what answers hold together while none of them ends", async () => {
    const { client, greeted } = setUp();
    await using _ = client;
    const relay = await greeted();
    const count = linkHeldBytesMax / linkAnswerBytesMax;
    const outcomes: unknown[] = [];
    for (let call = 1; call <= count + 1; call += 1)
      void client.call(asked, undefined, never).then(
        ({ body }) => outcomes.push(body.length),
        (error: unknown) => outcomes.push(Reflect.get(Object(error), "code")),
      );
    await new Promise(setImmediate);
    const part = Buffer.alloc(linkCallBytesMax);
    let seq = 0;
    for (let call = 1; call <= count; call += 1)
      for (let bytes = 0; bytes < linkAnswerBytesMax; bytes += part.length) {
        seq += 1;
        relay.say({ type: "more", seq, call, isLast: false }, part);
      }
    const more = { type: "more", call: count + 1, isLast: false } as const;
    relay.say({ ...more, seq: seq + 1 });
    await new Promise(setImmediate);
    assert.deepEqual(outcomes, [], "as much as may be");
    relay.say({ ...more, seq: seq + 2 }, Buffer.alloc(1));
    await new Promise(setImmediate);
    assert.deepEqual(outcomes, ["ANSWER_TOO_LARGE"]);
    // What is given up makes room.
    relay.say({ type: "more", seq: seq + 3, call: 1, isLast: true });
    await new Promise(setImmediate);
    assert.deepEqual(outcomes, ["ANSWER_TOO_LARGE", linkAnswerBytesMax]);
  });

  it("sends no name of a file that the relay would cut the link for", async () => {
    const { client, greeted } = setUp();
    await using _ = client;
    const relay = await greeted();
    const file = (path: string) => client.call({ type: "file", path }, undefined, never);
    for (const path of ["documents/a b", "documents/../getMe", "documents/%2e%2e/getMe", ""])
      await assert.rejects(file(path), { code: "NOT_A_FILE" });
    assert.equal(relay.got.length, 1, "its hello");
    // What a file was named by its sender: `отчёт.док` and `a.b c`.
    for (const path of ["documents/file_1.%D0%B4%D0%BE%D0%BA", "documents/file_2.b%20c"]) {
      void file(path).catch(() => undefined);
      await new Promise(setImmediate);
      assert.equal(Reflect.get(relay.got.at(-1) ?? {}, "path"), path);
    }
  });

  it("has so many calls under way, lets so many wait, and refuses one more", async () => {
    const { client, greeted } = setUp();
    await using _ = client;
    const relay = await greeted();
    const call = () => client.call(asked, undefined, never);
    const calls = Array.from({ length: linkCallsMax + linkWaitingMax }, () =>
      call().catch(() => undefined),
    );
    await new Promise(setImmediate);
    const made = () => relay.got.filter(({ type }) => type === "call").length;
    assert.equal(made(), linkCallsMax);
    await assert.rejects(call(), { code: "RELAY_BUSY" });
    relay.say({ type: "failed", seq: 1, call: 1, code: "ECONNRESET" });
    await calls[0];
    await new Promise(setImmediate);
    assert.equal(made(), linkCallsMax + 1);
  });
});
