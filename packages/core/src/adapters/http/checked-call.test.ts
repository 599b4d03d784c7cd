import assert from "node:assert/strict";
import { it } from "node:test";
import type { Principal } from "../../ports/http.ts";
import { CheckedCall } from "./checked-call.ts";

const principal: Principal = { id: "local", tier: "local", grants: ["say"], person: "local" };

function callWith(made: string[]): CheckedCall {
  return new CheckedCall({
    principal,
    params: {},
    query: {},
    body: { text: "привет" },
    wantsStream: false,
    makeFingerprint: () => (made.push("fingerprint"), Uint8Array.of(1)),
    makeSignal: () => (made.push("signal"), new AbortController().signal),
  });
}

it("makes a fingerprint and a signal when they are asked for, and not before", () => {
  const made: string[] = [];
  const call = callWith(made);
  assert.deepEqual([made, call.body], [[], { text: "привет" }]);
  assert.deepEqual([call.fingerprint, call.signal.aborted], [Uint8Array.of(1), false]);
  assert.deepEqual(made, ["fingerprint", "signal"]);
});

it("has no getter of its own, which would give each call a hidden class in the old generation", () => {
  const own = Object.entries(Object.getOwnPropertyDescriptors(callWith([])));
  assert.deepEqual(
    own.filter(([, property]) => "get" in property).map(([name]) => name),
    [],
  );
});
