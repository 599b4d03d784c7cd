import assert from "node:assert/strict";
import { it } from "node:test";
import { bech32Bytes, bech32Text } from "./bech32.ts";

it("writes and reads bytes of any length", () => {
  for (const length of [0, 1, 4, 5, 31, 32, 33, 64]) {
    const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 37 + 11) & 255));
    const text = bech32Text("age", bytes);
    assert.deepEqual(bech32Bytes("age", text), bytes, `${length} bytes`);
    assert.deepEqual(bech32Bytes("age", text.toUpperCase()), bytes);
  }
});

it("agrees with BIP 173", () => {
  // The data of a vector there, 20 bytes: 00443214c74254b635cf84653a56d7c675be77df.
  const bytes = Buffer.from("00443214c74254b635cf84653a56d7c675be77df", "hex");
  const text = "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw";
  assert.equal(bech32Text("abcdef", bytes), text);
  assert.deepEqual(bech32Bytes("abcdef", text), bytes);
});

const good = bech32Text("age", Buffer.alloc(32, 7));
const refused: readonly [name: string, text: string][] = [
  ["nothing", ""],
  ["another prefix", bech32Text("agf", Buffer.alloc(32, 7))],
  ["two cases", `${good.slice(0, 10)}${good.slice(10).toUpperCase()}`],
  ["a letter that is none of it", good.replace(/.$/, "b")],
  ["no checksum", "age1qqqqq"],
  ["a letter more", `${good}q`],
  ["a letter less", good.slice(0, -1)],
  ["two letters exchanged", good.replace(/(.)(.)(.{6})$/, "$2$1$3")],
];
for (const [name, text] of refused)
  it(`refuses ${name}`, () => assert.equal(bech32Bytes("age", text), undefined));
