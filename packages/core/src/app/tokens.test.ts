import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Token, type TokenRequest, tokensMax } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import { openApp } from "./test/app-fixture.ts";
import { owner, Tokens } from "./tokens.ts";
import { secretHash } from "./secrets.ts";

const request = (name: string, more: Partial<TokenRequest> = {}): TokenRequest => ({
  name,
  may: ["say"],
  person: false,
  ...more,
});
const refused = (code: string) => (error: unknown) =>
  error instanceof ProblemError && error.problem.code === code;

describe("tokens", () => {
  it("are recognised by their secret alone, at once and after a restart", async () => {
    await using app = await openApp();
    const made = await app.tokens.add(request("anna", { person: true }), owner);
    assert.match(made.secret, /^adyton_[\w-]{43}$/);
    const again = new Tokens({
      journal: app.journal,
      state: app.state,
      ownerTokenHash: secretHash("of the owner"),
      now: () => app.clock.ms,
    });
    for (const tokens of [app.tokens, again])
      assert.deepEqual(tokens.authenticate(made.secret), {
        id: "token:anna",
        tier: "member",
        grants: ["say"],
        person: "token:anna",
      });
    assert.equal(again.authenticate("of the owner"), owner);
    for (const bearer of [
      "",
      "anna",
      made.secret.slice(0, -1),
      `${made.secret} `,
      secretHash(made.secret),
    ])
      assert.equal(app.tokens.authenticate(bearer), undefined);
    assert.ok(!JSON.stringify(app.tokens.list()).includes(made.secret));
    assert.ok(!JSON.stringify(app.records.after(0, 10)).includes(made.secret));
  });

  it("hold until the millisecond of their expiry", async () => {
    await using app = await openApp();
    const expiresAt = new Date(app.clock.ms + 1_000).toISOString();
    const { secret } = await app.tokens.add(request("short", { expiresAt }), owner);
    app.clock.ms += 999;
    assert.equal(app.tokens.authenticate(secret)?.id, "token:short");
    assert.equal(app.tokens.principal("token:short")?.person, "owner");
    app.clock.ms += 1;
    assert.equal(app.tokens.authenticate(secret), undefined);
    assert.equal(app.tokens.principal("token:short"), undefined);
    const over = new Date(app.clock.ms).toISOString();
    await assert.rejects(
      app.tokens.add(request("b", { expiresAt: over }), owner),
      refused("invalid_body"),
    );
  });

  it("are revoked at once and once, and their names are not used again", async () => {
    await using app = await openApp();
    const { secret } = await app.tokens.add(request("a"), owner);
    const revoked = Token.parse(await app.tokens.revoke("a", owner));
    assert.equal(app.tokens.authenticate(secret), undefined);
    assert.equal(app.tokens.principal("token:a"), undefined);
    assert.deepEqual(await app.tokens.revoke("a", owner), revoked);
    await assert.rejects(app.tokens.add(request("a"), owner), refused("conflict"));
    await assert.rejects(app.tokens.revoke("none", owner), refused("not_found"));
    assert.equal(app.records.lastSeq(), 2);
  });

  it("count while they are valid, so that revoked and expired ones make room", async () => {
    await using app = await openApp();
    const expiresAt = new Date(app.clock.ms + 1_000).toISOString();
    const add = (name: string, more: Partial<TokenRequest> = {}) =>
      app.tokens.add(request(name, more), owner);
    const ofSay = { tier: "member", may: ["say"] };
    // Written as the journal's own records: a thousand secrets would take a while.
    const record = (name: string) =>
      ({
        class: "record",
        owner: "owner",
        actor: "owner",
        tier: "owner",
        origin: "node",
        type: "token.added",
        facts: { ...ofSay, name, hash: name, person: false, expiresMs: null },
      }) as const;
    await add("short", { expiresAt });
    const names = Array.from({ length: tokensMax - 2 }, (_, n) => `t${n}`);
    await Promise.all(names.map((name) => app.journal.append({ records: [record(name)] })));
    await add("last");
    await assert.rejects(add("over"), refused("conflict"));
    await app.tokens.revoke("t0", owner);
    await add("instead");
    await assert.rejects(add("over"), refused("conflict"));
    app.clock.ms += 1_000;
    await add("over");
    await assert.rejects(add("t0"), refused("conflict"), "its name stays taken");
    await assert.rejects(add("short"), refused("conflict"), "and that of an expired one");
  });

  it("of one name that are made at once are one", async () => {
    await using app = await openApp();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () => app.tokens.add(request("same"), owner)),
    );
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    for (const outcome of outcomes)
      if (outcome.status === "rejected") assert.ok(refused("conflict")(outcome.reason));
  });

  it("note their use once a minute", async () => {
    const noted: number[] = [];
    await using app = await openApp({
      wrap: (journal) =>
        new Proxy(journal, {
          get: (target, name) => {
            if (name === "noteTokenUse") return (_: string, ms: number) => noted.push(ms);
            const value: unknown = Reflect.get(target, name, target);
            return typeof value === "function" ? value.bind(target) : value;
          },
        }),
    });
    const { secret } = await app.tokens.add(request("a"), owner);
    const first = app.clock.ms;
    for (const ms of [0, 1, 59_999, 60_000]) {
      app.clock.ms = first + ms;
      app.tokens.authenticate(secret);
    }
    assert.deepEqual(noted, [first, first + 60_000]);
    assert.equal(app.tokens.list()[0]?.lastUsedAt, new Date(first + 60_000).toISOString());
  });

  const tiers: ReadonlyArray<readonly [TokenRequest["may"], tier: string]> = [
    [["event"], "external"],
    [["event", "say"], "member"],
    [["read"], "member"],
    [["memory:propose"], "member"],
    [["event", "memory:propose"], "external"],
    [["event", "memory:propose", "say"], "member"],
    [["memory:write"], "operator"],
    [["rules", "say"], "operator"],
    [["say", "admin"], "owner"],
  ];
  for (const [may, tier] of tiers)
    it(`that may ${may.join(", ")} are ${tier}`, async () => {
      await using app = await openApp();
      assert.equal((await app.tokens.add(request("t", { may }), owner)).tier, tier);
    });
});
