import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ageOpen, ageSeal, newAgeKeys } from "../age.ts";
import { epochOf, openUpdate, sealUpdate, spoolStepBytes } from "./spooled-update.ts";

const { identity, recipient } = newAgeKeys();
const key = { identity, epoch: epochOf(recipient) };
const update = { update_id: 7, message: { text: "Где ключ? Where is the key?" } };

describe("a sealed update", () => {
  it("opens to what was sealed", () => {
    assert.deepEqual(openUpdate(key, sealUpdate(recipient, update)), update);
  });

  it("has one of few sizes", () => {
    const sealedWith = (text: string): Buffer => {
      const longer = { ...update, message: { text } };
      return ageOpen(identity, sealUpdate(recipient, longer));
    };
    const fill = spoolStepBytes - Buffer.byteLength(sealedWith("").toString().trimEnd());
    const sizes = [0, 1, fill, fill + 1, fill + spoolStepBytes, fill + spoolStepBytes + 1].map(
      (count) => sealedWith("x".repeat(count)).length,
    );
    assert.deepEqual(
      sizes.map((size) => size / spoolStepBytes),
      [1, 1, 1, 2, 2, 3],
    );
  });

  const good = { version: 1, epoch: key.epoch, update_id: 7, update };
  const others: readonly [name: string, sealed: unknown][] = [
    ["of another version", { ...good, version: 2 }],
    ["of another epoch", { ...good, epoch: "0".repeat(16) }],
    ["under another number", { ...good, update_id: 8 }],
    ["without a number", { ...good, update_id: "7", update: { update_id: "7" } }],
    ["without an update", { ...good, update: null }],
    ["that is a text", "update"],
  ];
  for (const [name, sealed] of others)
    it(`is not taken ${name}`, () => {
      const open = (value: unknown) =>
        openUpdate(key, ageSeal(recipient, Buffer.from(JSON.stringify(value))));
      assert.deepEqual(open(good), update, "the control");
      assert.equal(open(sealed), undefined);
    });

  it("is not taken where it is no JSON, or for another key", () => {
    assert.equal(openUpdate(key, ageSeal(recipient, Buffer.from("{"))), undefined);
    const file = sealUpdate(recipient, update);
    assert.throws(() => openUpdate({ ...key, identity: newAgeKeys().identity }, file), {
      code: "foreign",
    });
  });
});
