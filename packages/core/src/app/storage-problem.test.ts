import assert from "node:assert/strict";
import { it } from "node:test";
import { CodedError } from "@adyton/runtime/coded-error";
import { isStorageFailure, refusedByStorage, storageProblem } from "./storage-problem.ts";

class Failure extends CodedError {}

it("says in the node's language what the disk needs", () => {
  for (const [state, en, ru] of [
    ["storage_full", /^Free some space/, /^Освободите место/],
    ["storage_failed", /doctor` say more/, /скажут лог узла/],
  ] as const) {
    const failure = new Failure(state, "no words");
    for (const [language, words] of [["en", en] as const, ["ru", ru] as const]) {
      const told = refusedByStorage(state, language);
      assert.equal(told?.code, state);
      assert.match(told.detail ?? "", words);
      assert.deepEqual(storageProblem(failure, language), told);
    }
    assert.ok(isStorageFailure(failure));
  }
  assert.equal(refusedByStorage("ok", "ru"), undefined);
});

it("tells a journal that is closed from an error of another kind", () => {
  const [closed, other] = [new Failure("closed", ""), new Failure("too_large", "")];
  assert.equal(storageProblem(closed, "ru")?.code, "stopping");
  assert.deepEqual([closed, other, new Error("closed")].map(isStorageFailure), [
    true,
    false,
    false,
  ]);
  assert.equal(storageProblem(other, "ru"), undefined);
});
