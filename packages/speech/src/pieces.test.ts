import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cutWithinSeconds, pieceSecondsMax, pieceSecondsMin, sampleRate } from "./limits.ts";
import { Pieces } from "./pieces.ts";

const seconds = (count: number, loud: number): Float32Array =>
  new Float32Array(Math.round(count * sampleRate)).fill(loud);

function join(...parts: Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

describe("Pieces", () => {
  it("keeps what is shorter than a piece as one, to the last sample", () => {
    const pieces = new Pieces();
    const most = seconds(pieceSecondsMax, 1).subarray(1);
    assert.deepEqual([...pieces.push(most)], []);
    assert.deepEqual(pieces.rest(), most);
    assert.equal(pieces.rest(), undefined);
  });

  it("cuts a full piece where it is quietest near its end", () => {
    const pieces = new Pieces();
    const pause = pieceSecondsMax - cutWithinSeconds + 3;
    // The longer pause is too early: a piece of it would be short.
    const sound = join(
      seconds(2, 1),
      seconds(4, 0),
      seconds(pause - 6, 1),
      seconds(0.2, 0.01),
      seconds(pieceSecondsMax - pause - 0.2, 1),
    );
    const [piece, ...more] = pieces.push(sound);
    assert.equal(more.length, 0);
    const cutAt = (piece?.length ?? 0) / sampleRate;
    assert.ok(cutAt > pause && cutAt < pause + 0.2, `${cutAt}`);
    assert.deepEqual(join(piece ?? seconds(0, 0), pieces.rest() ?? seconds(0, 0)), sound);
  });

  for (const portion of [0.02, 7, 90])
    it(`loses nothing of what comes in portions of ${portion} s`, () => {
      const sound = seconds(90, 0).map((_, at) => Math.sin(at / 3_000));
      const pieces = new Pieces();
      const got: Float32Array[] = [];
      const step = Math.round(portion * sampleRate);
      for (let at = 0; at < sound.length; at += step)
        got.push(...pieces.push(sound.subarray(at, at + step)));
      const rest = pieces.rest();
      if (rest !== undefined) got.push(rest);
      assert.ok(got.length >= 4);
      for (const { length } of got) assert.ok(length <= pieceSecondsMax * sampleRate);
      assert.deepEqual(join(...got), sound);
    });

  it("follows a short piece by silence", () => {
    const pieces = new Pieces();
    assert.deepEqual([...pieces.push(seconds(0.25, 1))], []);
    const piece = join(seconds(0.25, 1), seconds(pieceSecondsMin - 0.25, 0));
    assert.deepEqual(pieces.rest(), piece);
  });
});
