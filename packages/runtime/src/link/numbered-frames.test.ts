import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  linkCallBytesMax,
  linkWindowBytesMax,
  linkWindowFramesMax,
} from "@adyton/protocol/link-limits";
import { readFrame } from "./link-frame.ts";
import { NumberedFrames, SessionOver } from "./numbered-frames.ts";

const cancel = (call: number) => ({ type: "cancel", call }) as const;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** What was written, by number. */
function attached(frames: NumberedFrames, received = 0): number[] {
  const written: number[] = [];
  frames.attach((bytes) => {
    const frame = readFrame(bytes)?.frame;
    if (frame !== undefined && "seq" in frame) written.push(frame.seq);
  }, received);
  return written;
}

describe("numbered frames", () => {
  it("are sent at once, and again over the next connection until they are acknowledged", async () => {
    const frames = new NumberedFrames();
    await frames.post(cancel(1));
    const first = attached(frames);
    await frames.post(cancel(2));
    await frames.post(cancel(3));
    assert.deepEqual(first, [1, 2, 3]);
    frames.detach();
    await frames.post(cancel(4));
    assert.deepEqual(first, [1, 2, 3]);
    assert.deepEqual(attached(frames, 2), [3, 4]);
    assert.equal(frames.confirm(4), true);
    assert.equal(frames.bytes, 0);
    assert.deepEqual(attached(frames, 4), []);
  });

  it("are taken once and in order", () => {
    const frames = new NumberedFrames();
    const taken = [1, 1, 3, 2, 1, 2, 3].map((seq) => frames.take({ ...cancel(0), seq }));
    assert.deepEqual(taken, ["new", "known", "gap", "new", "known", "known", "new"]);
    assert.equal(frames.received, 3);
  });

  it("can go on where all that is lacking is still kept", async () => {
    const frames = new NumberedFrames();
    for (const call of [1, 2, 3]) await frames.post(cancel(call));
    frames.confirm(1);
    assert.deepEqual(
      [0, 1, 2, 3, 4].map((received) => frames.canResume(received)),
      [false, true, true, true, false],
    );
    assert.equal(frames.confirm(4), false, "what was never sent");
  });

  it("wait at the window's number of frames", async () => {
    const frames = new NumberedFrames();
    for (let call = 0; call < linkWindowFramesMax; call += 1) await frames.post(cancel(call));
    let isPosted = false;
    const posted = frames.post(cancel(0)).then(() => (isPosted = true));
    await turn();
    assert.equal(isPosted, false);
    frames.confirm(1);
    await posted;
  });

  it("wait at the window's bytes", async () => {
    const frames = new NumberedFrames();
    const call = { type: "call", call: 1, method: "a", contentType: "" } as const;
    for (let bytes = 0; bytes < linkWindowBytesMax; bytes += linkCallBytesMax)
      await frames.post(call, Buffer.alloc(linkCallBytesMax));
    let isPosted = false;
    const posted = frames.post(cancel(0)).then(() => (isPosted = true));
    await turn();
    assert.equal(isPosted, false);
    assert.ok(frames.bytes < linkWindowBytesMax + linkCallBytesMax);
    frames.confirm(1);
    await posted;
  });

  it("are refused when the session is over, also those that wait", async () => {
    const frames = new NumberedFrames();
    for (let call = 0; call < linkWindowFramesMax; call += 1) await frames.post(cancel(call));
    const waiting = frames.post(cancel(0));
    frames.end();
    await assert.rejects(waiting, SessionOver);
    await assert.rejects(frames.post(cancel(0)), SessionOver);
    assert.equal(frames.bytes, 0);
  });
});
