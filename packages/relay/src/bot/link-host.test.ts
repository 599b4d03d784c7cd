import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LinkFrame } from "@adyton/protocol/link";
import {
  linkHandshakeMsMax,
  linkHeartbeatMs,
  linkSessionMsMax,
  linkSilenceMsMax,
} from "@adyton/protocol/link-limits";
import { ManualClock } from "@adyton/runtime/clock";
import { readFrame, writeFrame } from "@adyton/runtime/link/link-frame";
import { linkProof, newNonce } from "@adyton/runtime/link/link-proof";
import type { LinkSocket } from "@adyton/runtime/link/link-socket";
import { LinkHost, strangersMax } from "./link-host.ts";

const key = { reveal: () => "the key" };

/** A node's end, written down by hand. */
class Node implements LinkSocket {
  readonly got: LinkFrame[] = [];
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

  say(frame: LinkFrame): void {
    this.onMessage(writeFrame(frame));
  }

  first<T extends LinkFrame["type"]>(type: T): Extract<LinkFrame, { type: T }> {
    const found = this.got.find((frame) => frame.type === type);
    assert.ok(found, `no ${type}`);
    return found as Extract<LinkFrame, { type: T }>;
  }
}

function setUp() {
  const clock = new ManualClock();
  const ended: number[] = [];
  const taken: string[] = [];
  let sessions = 0;
  const proved: Node[] = [];
  const host = new LinkHost({
    key,
    clock,
    log: () => undefined,
    rareLog: { say: () => undefined },
    work: () => {
      sessions += 1;
      const number = sessions;
      return {
        take: ({ frame }) => void taken.push(`${number}: ${frame.type} ${frame.call}`),
        [Symbol.dispose]: () => void ended.push(number),
      };
    },
  });
  const connect = (): Node => {
    const node = new Node();
    host.accept(node, () => void proved.push(node));
    return node;
  };
  return { clock, host, ended, taken, proved, connect };
}

/** A node's proof for what it says, under a key. */
function hello(node: Node, said: { session?: string; received?: number } = {}, under = key) {
  const relayNonce = node.first("challenge").nonce;
  const coreNonce = newNonce();
  const greeting = {
    relayNonce,
    coreNonce,
    session: said.session ?? null,
    received: said.received ?? 0,
  };
  const { session, received } = greeting;
  const proof = linkProof(under, "core", greeting);
  return { type: "hello", version: 1, nonce: coreNonce, session, received, proof } as const;
}

function greeted(node: Node, said?: { session?: string; received?: number }): string {
  node.say(hello(node, said));
  return node.first("welcome").session;
}

describe("the relay's end of the link", () => {
  it("proves the key to whoever has proved it, for this greeting alone", () => {
    const { host, connect } = setUp();
    using _ = host;
    const node = connect();
    const said = hello(node);
    node.say(said);
    const { proof, session, isResumed, received } = node.first("welcome");
    const greeting = { relayNonce: node.first("challenge").nonce, coreNonce: said.nonce };
    const right = linkProof(key, "relay", { ...greeting, session, isResumed, received });
    assert.equal(proof, right);
    assert.equal(host.isAttached, true);
  });

  const wrong: readonly [name: string, bytes: (node: Node) => Buffer][] = [
    ["a wrong key", (node) => writeFrame(hello(node, {}, { reveal: () => "another" }))],
    [
      "the relay's own role",
      (node) => {
        const said = hello(node);
        const relayNonce = node.first("challenge").nonce;
        const greeting = { relayNonce, coreNonce: said.nonce, session: null, received: 0 };
        return writeFrame({ ...said, proof: linkProof(key, "relay", greeting) });
      },
    ],
    ["a proof for another session", (node) => writeFrame({ ...hello(node), received: 1 })],
    ["a call before the greeting", () => writeFrame({ type: "cancel", seq: 1, call: 1 })],
    ["no frame", () => Buffer.from("GET / HTTP/1.1")],
  ];
  for (const [name, bytes] of wrong)
    it(`is silent for ${name}`, () => {
      const { host, connect } = setUp();
      using _ = host;
      const node = connect();
      node.onMessage(bytes(node));
      assert.equal(node.isCut, true);
      assert.deepEqual(
        node.got.map(({ type }) => type),
        ["challenge"],
      );
      assert.deepEqual([host.refused, host.isAttached], [1, false]);
    });

  it("refuses a greeting that was heard before", () => {
    const { host, proved, connect } = setUp();
    using _ = host;
    const heard = connect();
    const said = hello(heard);
    heard.say(said);
    const thief = connect();
    thief.say(said);
    assert.deepEqual(proved, [heard]);
    assert.deepEqual([thief.isCut, thief.got.length, heard.isCut], [true, 1, false]);
  });

  it("cuts who does not prove the key in time, and who comes when too many have not", async () => {
    const { clock, host, connect } = setUp();
    using _ = host;
    const strangers = Array.from({ length: strangersMax }, connect);
    assert.deepEqual([connect().isCut, strangers.some(({ isCut }) => isCut)], [true, false]);
    await clock.advance(linkHandshakeMsMax - 1);
    assert.equal(
      strangers.some(({ isCut }) => isCut),
      false,
    );
    await clock.advance(1);
    assert.equal(
      strangers.every(({ isCut }) => isCut),
      true,
    );
    greeted(connect());
    assert.equal(host.isAttached, true);
  });

  it("goes on with a session, and takes a frame that comes again once", () => {
    const { host, taken, ended, connect } = setUp();
    using _ = host;
    const node = connect();
    const session = greeted(node);
    node.say({ type: "cancel", seq: 1, call: 5 });
    const again = connect();
    greeted(again, { session });
    assert.deepEqual(again.first("welcome"), {
      ...again.first("welcome"),
      session,
      isResumed: true,
      received: 1,
    });
    assert.equal(node.isCut, true, "the one before is cut");
    assert.ok(!node.got.some(({ type }) => type === "replaced"), "it is the same node");
    again.say({ type: "cancel", seq: 1, call: 5 });
    again.say({ type: "cancel", seq: 2, call: 6 });
    assert.deepEqual([taken, ended], [["1: cancel 5", "1: cancel 6"], []]);
  });

  it("gives the link to a newer node and tells the older", () => {
    const { host, taken, ended, connect } = setUp();
    using _ = host;
    const older = connect();
    greeted(older);
    const newer = connect();
    greeted(newer);
    assert.deepEqual(older.got.at(-1), { type: "replaced" });
    assert.deepEqual([older.isCut, newer.isCut, ended], [true, false, [1]]);
    newer.say({ type: "cancel", seq: 1, call: 1 });
    assert.deepEqual(taken, ["2: cancel 1"]);
  });

  it("begins anew with a node whose session it does not know, or that claims too much", () => {
    for (const received of [0, 1]) {
      const { host, ended, connect } = setUp();
      using _ = host;
      const session = received === 0 ? "0".repeat(32) : greeted(connect());
      const node = connect();
      const other = greeted(node, { session, received });
      assert.notEqual(other, session);
      assert.equal(node.first("welcome").isResumed, false);
      assert.deepEqual(ended, received === 0 ? [] : [1]);
    }
  });

  it("cuts on a number that was left out, and on a frame that belongs elsewhere", () => {
    for (const frame of [
      { type: "cancel", seq: 2, call: 1 },
      { type: "ack", received: 1 },
      { type: "replaced" },
    ] as const) {
      const { host, taken, connect } = setUp();
      using _ = host;
      const node = connect();
      greeted(node);
      node.say(frame);
      assert.deepEqual([node.isCut, taken, host.isAttached], [true, [], false], frame.type);
    }
  });

  it("shows a sign of life, cuts a node that shows none, and ends its session after a while", async () => {
    const { clock, host, ended, connect } = setUp();
    using _ = host;
    const node = connect();
    greeted(node);
    await clock.advance(linkHeartbeatMs);
    assert.deepEqual(node.got.at(-1), { type: "ack", received: 0 });
    await clock.advance(linkSilenceMsMax - linkHeartbeatMs - 1);
    assert.equal(node.isCut, false);
    await clock.advance(1);
    assert.equal(node.isCut, true);
    await clock.advance(linkSessionMsMax - 1);
    assert.deepEqual(ended, []);
    await clock.advance(1);
    assert.deepEqual(ended, [1]);
    assert.equal(clock.timersPending, 0);
  });
});
