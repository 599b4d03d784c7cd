import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { createSeal, derivedKeysMax, openSeal, paddingBytes } from "./seal.ts";

const key = randomBytes(32);
const message = { text: "Секрет and secret", list: [1, null] };

describe("a seal", () => {
  it("opens what another process sealed with the same key for the same context", () => {
    const sealed = createSeal(key).seal("job a-1-1", message);
    assert.deepEqual(createSeal(key).open("job a-1-1", sealed), message);
    const bytes = Buffer.from(sealed, "base64").toString("latin1");
    for (const word of ["secret", "text", Buffer.from("Секрет").toString("latin1")])
      assert.ok(!sealed.includes(word) && !bytes.includes(word));
  });

  it("does not open under another key or for another context, nor when anything is changed", () => {
    const mine = createSeal(key);
    const sealed = mine.seal("job a-1-1", message);
    assert.equal(createSeal(randomBytes(32)).open("job a-1-1", sealed), undefined);
    assert.equal(mine.open("job a-1-2", sealed), undefined);
    const bytes = Buffer.from(sealed, "base64");
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.equal(mine.open("job a-1-1", changed.toString("base64")), undefined, `byte ${at}`);
      assert.equal(mine.open("job a-1-1", bytes.subarray(0, at).toString("base64")), undefined);
    }
    for (const junk of ["", "{}", "ключ", "A".repeat(59), "A".repeat(60)])
      assert.equal(mine.open("job a-1-1", junk), undefined);
  });

  it("never seals twice alike, and says little by its length", () => {
    const mine = createSeal(key);
    assert.notEqual(mine.seal("c", message), mine.seal("c", message));
    const lengths = ["a", "слово", "antidisestablishmentarianism"].map(
      (text) => mine.seal("c", { kind: "delta", text }).length,
    );
    assert.equal(new Set(lengths).size, 1);
    const long = mine.seal("c", { kind: "delta", text: "x".repeat(paddingBytes) });
    assert.ok(long.length > (lengths[0] ?? 0));
  });

  it(`still opens the messages of process number ${derivedKeysMax + 2}, and of the first again`, () => {
    const mine = createSeal(key);
    const sealed = Array.from({ length: derivedKeysMax + 2 }, (_, index) =>
      createSeal(key).seal("c", index),
    );
    for (const round of [1, 2])
      for (const [index, each] of sealed.entries())
        assert.equal(mine.open("c", each), index, `${round}`);
  });

  it("that is open still keeps contexts apart", () => {
    const text = openSeal.seal("a", message);
    assert.deepEqual(openSeal.open("a", text), message);
    assert.equal(openSeal.open("b", text), undefined);
    assert.equal(openSeal.open("a", "{"), undefined);
    assert.equal(openSeal.open("a", "null"), undefined);
  });
});
