import assert from "node:assert/strict";
import { it } from "node:test";
import { killRounds } from "./test/kill-rounds.ts";

it("loses nothing it acknowledged when its process is killed twenty times", async () => {
  assert.ok((await killRounds(20, 1)) > 20);
});
