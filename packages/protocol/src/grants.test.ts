import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  commandGrant,
  commandNames,
  type Grant,
  grantCovers,
  plainGrants,
  tierGrants,
  tiers,
} from "./index.ts";

describe("grantCovers", () => {
  const cases: readonly [readonly Grant[], Grant, boolean][] = [
    [[], "say", false],
    [["say"], "say", true],
    [["say"], "read", false],
    [["admin"], "admin", true],
    [["admin"], "say", true],
    [["admin"], "command:usage", true],
    [["read", "event", "rules", "memory:write", "command:*"], "admin", false],
    [["memory:write"], "memory:propose", true],
    [["memory:write"], "memory:read", false],
    [["memory:propose"], "memory:write", false],
    [["memory:read"], "memory:propose", false],
    [["command:*"], "command:help", true],
    [["command:*"], "say", false],
    [["command:help"], "command:help", true],
    [["command:help"], "command:usage", false],
    [["command:help"], "command:*", false],
    [["say"], "command:help", false],
    [["event"], "command:help", false],
    [["event", "read"], "read", true],
  ];
  for (const [held, needed, covered] of cases)
    it(`${held.join(" and ") || "nothing"} ${covered ? "covers" : "does not cover"} ${needed}`, () =>
      assert.equal(grantCovers(held, needed), covered));

  it("makes every plain grant cover itself, and another one in one case only", () => {
    const pairs = plainGrants.flatMap((held) =>
      plainGrants
        .filter((needed) => held !== "admin" && held !== needed && grantCovers([held], needed))
        .map((needed) => `${held} > ${needed}`),
    );
    assert.deepEqual(pairs, ["memory:write > memory:propose"]);
    for (const grant of plainGrants) assert.ok(grantCovers([grant], grant));
  });
});

describe("the tiers", () => {
  /** What a tier may do beyond its own kind of words; everything the contract knows is listed for each. */
  const may: Record<(typeof tiers)[number], string> = {
    owner: "say read event memory:read memory:propose memory:write rules admin commands",
    operator: "say read event memory:read memory:propose memory:write rules commands",
    member: "say read memory:read memory:propose commands",
    local: "say",
    peer: "say",
    external: "event",
  };
  for (const tier of tiers)
    it(`${tier} may: ${may[tier]}`, () => {
      const held = tierGrants[tier];
      const plain = plainGrants.filter((grant) => grantCovers(held, grant));
      const commands = commandNames.filter((name) => grantCovers(held, commandGrant(name)));
      assert.ok(commands.length === 0 || commands.length === commandNames.length);
      assert.equal([...plain, ...(commands.length > 0 ? ["commands"] : [])].join(" "), may[tier]);
    });
});
