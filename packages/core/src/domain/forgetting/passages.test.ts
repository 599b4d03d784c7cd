import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Passages, partsOf, passageBytesMin, pieceBytes } from "./passages.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const secret = "Пароль от сейфа спрятан под третьей ступенью лестницы, слева.";
const other = "The key of the shed hangs behind the door, on the second nail from the left.";
const pad = "lorem ipsum dolor sit amet, consectetur ".repeat(50);

describe("passages", () => {
  const passages = new Passages(partsOf([secret, other, "exactly sixteen!", "too short"]));
  const cases: readonly (readonly [name: string, text: string, found: boolean])[] = [
    ["a text as it is", `${pad}${secret}${pad}`, true],
    ["a text as JSON", `${pad}${JSON.stringify({ text: `"${secret}"\n` })}`, true],
    ["a passage from its middle", `${pad}сейфа спрятан под третьей${pad}`, true],
    [
      "a passage of the shortest length",
      `${pad}${other.slice(7, 7 + passageBytesMin)}${pad}`,
      true,
    ],
    ["a passage one byte shorter", `${pad}${other.slice(7, 6 + passageBytesMin)}${pad}`, false],
    ["a short text as a whole", `${pad}exactly sixteen!${pad}`, true],
    ["all but one character of a short text", `${pad}exactly sixteen?${pad}`, false],
    ["a text shorter than a piece", `${pad}too short${pad}`, false],
    ["other words", pad, false],
    ["nothing", "", false],
  ];
  for (const [name, text, found] of cases)
    it(`${found ? "finds" : "passes over"} ${name}`, () =>
      assert.equal(passages.occursIn(bytes(text)), found));

  it("finds every passage of the shortest length, wherever it begins", () => {
    const whole = bytes(secret);
    for (let at = 0; at + passageBytesMin <= whole.length; at += 1) {
      const near = new Uint8Array([...bytes(pad), ...whole.subarray(at, at + passageBytesMin)]);
      assert.ok(passages.occursIn(near), `from byte ${at}`);
    }
  });

  it("counts bytes in whole pieces, and none that stand elsewhere rightly", () => {
    const pieces = Math.floor(bytes(other).length / pieceBytes);
    const counting = new Passages(partsOf([other]));
    assert.equal(counting.bytesIn(bytes(`${pad}${other}`)), pieces * pieceBytes);
    counting.ignoreThoseIn(bytes(`"${other.slice(0, pieceBytes)}"`));
    assert.equal(counting.bytesIn(bytes(`${pad}${other}`)), (pieces - 1) * pieceBytes);
    counting.ignoreThoseIn(bytes(other));
    assert.equal(counting.bytesIn(bytes(`${pad}${other}`)), 0);
  });

  it("keeps characters outside the basic plane apart from what JSON may write otherwise", () => {
    const text = "Тайник 🗝 под половицей в дальнем углу чулана";
    const found = new Passages(partsOf([text]));
    assert.ok(found.occursIn(bytes(JSON.stringify({ text }))));
    assert.ok(found.occursIn(bytes("под половицей в дальнем")));
  });

  it("takes texts that repeat themselves", () => {
    const same = new Passages(partsOf(["x".repeat(4_000)]));
    assert.equal(same.bytesIn(bytes("x".repeat(17))), 2 * pieceBytes);
    assert.ok(same.occursIn(bytes("x".repeat(passageBytesMin))));
    assert.ok(!same.occursIn(bytes("x".repeat(passageBytesMin - 1))));
  });
});
