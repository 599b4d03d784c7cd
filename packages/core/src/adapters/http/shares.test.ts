import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Principal } from "../../ports/http.ts";
import { Shares } from "./shares.ts";

const caller = (id: string, tier: Principal["tier"]): Principal => ({
  id,
  tier,
  grants: [],
  person: id,
});
const owner = caller("owner", "owner");
const local = caller("local", "local");
const anna = caller("token:anna", "member");
const bob = caller("token:bob", "member");
const bounds = { all: 100, ownerReserve: 20, perTokenMax: 50, localMax: 30 };

describe("shares", () => {
  const atLimit: readonly [string, Principal, number][] = [
    ["the owner", owner, bounds.all],
    ["a token", anna, bounds.perTokenMax],
    ["callers without a token", local, bounds.localMax],
  ];
  for (const [name, principal, max] of atLimit)
    it(`lets ${name} hold ${max} and not one more, and that one again when one is given back`, () => {
      const shares = new Shares(bounds);
      assert.equal(shares.take(principal, max + 1), false);
      assert.equal(shares.held, 0);
      assert.equal(shares.take(principal, max), true);
      assert.equal(shares.take(principal, 1), false);
      shares.give(principal, 1);
      assert.equal(shares.take(principal, 1), true);
      assert.equal(shares.held, max);
      shares.give(principal, max);
      assert.equal(shares.held, 0);
    });

  it("keeps the owner's reserve when all others have taken theirs", () => {
    const shares = new Shares(bounds);
    assert.equal(shares.take(anna, 50), true);
    assert.equal(shares.take(bob, 31), false);
    assert.equal(shares.take(bob, 30), true);
    assert.equal(shares.take(local, 1), false);
    assert.equal(shares.take(owner, bounds.ownerReserve), true);
    assert.equal(shares.take(owner, 1), false);
  });

  it("leaves the others what the owner has not taken", () => {
    const shares = new Shares(bounds);
    assert.equal(shares.take(owner, 90), true);
    assert.equal(shares.take(local, 11), false);
    assert.equal(shares.take(local, 10), true);
  });
});
