import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { channelPrincipal, type ChannelUser, channelUser } from "./channel-principals.ts";

const admitted = { owners: new Set([1]), members: new Set([2]), isSure: () => true };

describe("who speaks in a messenger", () => {
  for (const [who, user, id, tier, person] of [
    ["an owner in private", { user: 1 }, "chat:1", "owner", "owner"],
    ["a member in private", { user: 2 }, "chat:2", "member", "chat:2"],
    ["an owner in a group", { user: 1, group: -5 }, "chat:1@-5", "member", "chat:-5"],
    ["a member in a group", { user: 2, group: -5 }, "chat:2@-5", "member", "chat:-5"],
  ] satisfies [string, ChannelUser, string, string, string][])
    it(`${who} is ${tier}, and what is said belongs to ${person}`, () => {
      const principal = channelPrincipal("chat", user, admitted);
      assert.deepEqual([principal?.id, principal?.tier, principal?.person], [id, tier, person]);
      assert.deepEqual(channelUser("chat", id), user);
    });

  it("an owner of whom it is not sure is a member, with nothing that is the owner's", () => {
    const unsure = { ...admitted, isSure: () => false };
    const principal = channelPrincipal("chat", { user: 1 }, unsure);
    assert.deepEqual(
      principal,
      channelPrincipal(
        "chat",
        { user: 1 },
        { ...unsure, owners: new Set(), members: new Set([1]) },
      ),
    );
    assert.deepEqual([principal?.tier, principal?.person], ["member", "chat:1"]);
    assert.equal(channelPrincipal("chat", { user: 3 }, unsure), undefined);
  });

  for (const user of [{ user: 3 }, { user: 3, group: -5 }])
    it(`nobody else is anybody: ${JSON.stringify(user)}`, () =>
      assert.equal(channelPrincipal("chat", user, admitted), undefined));

  for (const id of ["other:1", "chat:", "chat:x", "chat:-5", "chat:1@", "chat:1@5", "chat:1@-5@-6"])
    it(`no user has the id ${id}`, () => assert.equal(channelUser("chat", id), undefined));
});
