import assert from "node:assert/strict";
import { it } from "node:test";
import { killRounds } from "../../packages/core/src/adapters/sqlite/test/kill-rounds.ts";

it("loses nothing it acknowledged when its process is killed two hundred times", async () => {
  assert.ok((await killRounds(200, 2)) > 200);
});
