import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AllowedAddresses } from "./allowed-addresses.ts";
import { parseRange } from "./blind/target.ts";

const at = (ranges: string[], found: string[]) =>
  new AllowedAddresses({
    ranges: ranges.map(parseRange),
    resolve: () => Promise.resolve(found),
  }).of("api.telegram.org");

describe("the addresses of a server", () => {
  it("are the public ones, those of the older kind first", async () => {
    const found = ["2001:67c:4e8:f004::9", "10.0.0.1", "149.154.167.220", "::1"];
    assert.deepEqual(await at([], found), [
      { address: "149.154.167.220", family: 4 },
      { address: "2001:67c:4e8:f004::9", family: 6 },
    ]);
  });

  it("lie in the ranges, where some are given", async () => {
    const found = ["8.8.8.8", "149.154.167.220"];
    assert.deepEqual(await at(["149.154.160.0/20"], found), [
      { address: "149.154.167.220", family: 4 },
    ]);
    await assert.rejects(at(["10.0.0.0/8"], found), { code: "FOREIGN_ADDRESS" });
  });

  it("are none when the resolver has none or fails", async () => {
    await assert.rejects(at([], []), { code: "NO_ADDRESS" });
    const failing = new AllowedAddresses({ resolve: () => Promise.reject(new Error("down")) });
    await assert.rejects(failing.of("api.telegram.org"), { code: "NO_ADDRESS" });
  });
});
