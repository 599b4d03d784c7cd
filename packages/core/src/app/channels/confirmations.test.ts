import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { confirmationMsMax } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import { type OpenApp, openApp } from "../test/app-fixture.ts";
import { owner } from "../tokens.ts";
import { Confirmations } from "./confirmations.ts";

const refused = (code: string) => (error: unknown) =>
  error instanceof ProblemError && error.problem.code === code;
const iso = (ms: number): string => new Date(ms).toISOString();

const confirmationsOf = (app: OpenApp, owners: ReadonlySet<number> | undefined = new Set([1, 2])) =>
  new Confirmations({ journal: app.journal, state: app.state, owners, now: () => app.clock.ms });

describe("an owner behind a relay that runs the bot", () => {
  it("is confirmed for a time, also after a restart, and by the journal", async () => {
    await using app = await openApp();
    const confirmations = confirmationsOf(app);
    assert.equal(confirmations.has(1), false);
    const confirmed = await confirmations.add({ user: 1 }, owner);
    assert.equal(Date.parse(confirmed.expiresAt) - app.clock.ms, 12 * 3_600_000);
    for (const each of [confirmations, confirmationsOf(app)]) {
      assert.deepEqual([each.has(1), each.has(2)], [true, false]);
      assert.deepEqual(each.list(), [confirmed]);
    }
    app.clock.ms = Date.parse(confirmed.expiresAt) - 1;
    assert.equal(confirmations.has(1), true);
    app.clock.ms += 1;
    assert.deepEqual([confirmations.has(1), confirmations.list()], [false, []]);
    await assert.rejects(confirmations.revoke(1, owner), refused("not_found"));
    const [record] = app.records.after(0, 100).filter(({ type }) => type === "confirmation.made");
    assert.deepEqual(record?.facts, { user: 1, expiresMs: app.clock.ms });
  });

  it("is revoked at once", async () => {
    await using app = await openApp();
    const confirmations = confirmationsOf(app);
    const confirmed = await confirmations.add({ user: 2 }, owner);
    assert.deepEqual(await confirmations.revoke(2, owner), confirmed);
    for (const each of [confirmations, confirmationsOf(app)]) assert.equal(each.has(2), false);
  });

  it("is one whom the configuration names, where a relay runs the bot", async () => {
    await using app = await openApp();
    await assert.rejects(confirmationsOf(app).add({ user: 3 }, owner), refused("conflict"));
    await confirmationsOf(app).add({ user: 1 }, owner);
    assert.equal(confirmationsOf(app, new Set([2])).has(1), false, "named no longer");
  });

  it("is confirmed for seven days at most", async () => {
    await using app = await openApp();
    const confirmations = confirmationsOf(app);
    const until = (ms: number) =>
      confirmations.add({ user: 1, expiresAt: iso(app.clock.ms + ms) }, owner);
    await until(confirmationMsMax);
    await assert.rejects(until(confirmationMsMax + 1), refused("invalid_body"));
    await assert.rejects(until(0), refused("invalid_body"));
  });

  it("needs no word where the bot runs here", async () => {
    await using app = await openApp();
    const { journal, state, clock } = app;
    const here = new Confirmations({ journal, state, owners: undefined, now: () => clock.ms });
    await assert.rejects(here.add({ user: 1 }, owner), refused("conflict"));
  });
});
