import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pairingMsMax, pairingsMax } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import { type OpenApp, openApp } from "../test/app-fixture.ts";
import { owner } from "../tokens.ts";
import { Pairings, strangersMax, triesMax } from "./pairings.ts";

const refused = (code: string) => (error: unknown) =>
  error instanceof ProblemError && error.problem.code === code;
const wrong = "222-222-222";
const iso = (ms: number): string => new Date(ms).toISOString();

function pairingsOf(
  app: OpenApp,
  server: string | null = "https://telegram",
  monotonicMs = (): number => app.clock.ms,
): Pairings {
  const { journal, state } = app;
  return new Pairings({
    journal,
    state,
    key: Buffer.alloc(32, 7),
    server: server ?? undefined,
    clock: { nowMs: () => app.clock.ms, monotonicMs },
  });
}

describe("pairing", () => {
  it("lets in whoever sends the code first, also after a restart, until he is revoked", async () => {
    await using app = await openApp();
    const pairings = pairingsOf(app);
    const { code, ...made } = await pairings.add({ name: "anna" }, owner);
    assert.deepEqual(made, {
      name: "anna",
      state: "waiting",
      createdAt: made.createdAt,
      expiresAt: iso(app.clock.ms + 900_000),
    });
    assert.equal(await pairings.claim(7, wrong), false);
    assert.equal(await pairings.claim(7, "привет"), false);
    assert.equal(pairings.has(7), false);
    assert.deepEqual(
      [code, wrong, "привет"].map((text) => pairings.waits(text)),
      [true, false, false],
    );
    assert.equal(await pairings.claim(7, code.toLowerCase()), true);
    assert.equal(pairings.waits(code), false, "it is used");
    assert.equal(await pairings.claim(8, code), false, "it works once");
    assert.equal(await pairings.claim(7, code), true, "the same message may come twice");
    for (const each of [pairings, pairingsOf(app)]) {
      assert.deepEqual([each.has(7), each.has(8)], [true, false]);
      assert.deepEqual(
        each.list().map(({ state, user }) => [state, user]),
        [["paired", 7]],
      );
    }
    assert.equal(pairingsOf(app, "http://127.0.0.1:1").has(7), false, "another server's people");
    const gone = await pairings.revoke("anna", owner);
    assert.deepEqual([gone.state, gone.user, pairings.has(7)], ["revoked", 7, false]);
    assert.deepEqual(await pairings.revoke("anna", owner), gone, "twice is as once");
    assert.equal(await pairings.claim(7, code), false);
    await assert.rejects(pairings.revoke("nobody", owner), refused("not_found"));
    const journal = JSON.stringify(app.records.after(0, 100));
    assert.ok(journal.includes("pairing.used") && !journal.includes(code));
  });

  it("has codes that end, to the millisecond, and names that are free again then", async () => {
    await using app = await openApp();
    const pairings = pairingsOf(app);
    const add = (expiresMs: number) =>
      pairings.add({ name: "anna", expiresAt: iso(expiresMs) }, owner);
    await assert.rejects(add(app.clock.ms), refused("invalid_body"));
    await assert.rejects(add(app.clock.ms + pairingMsMax + 1), refused("invalid_body"));
    const { code } = await add(app.clock.ms + pairingMsMax);
    await assert.rejects(add(app.clock.ms + 1_000), refused("conflict"));
    app.clock.ms += pairingMsMax;
    assert.equal(await pairings.claim(7, code), false);
    assert.equal(pairings.list()[0]?.state, "expired");
    const next = await add(app.clock.ms + 1_000);
    app.clock.ms += 999;
    assert.equal(await pairings.claim(7, next.code), true);
    const names = [await pairings.add({}, owner), await pairings.add({}, owner)];
    assert.deepEqual(
      names.map(({ name }) => name),
      ["person-1", "person-2"],
    );
    await assert.rejects(pairingsOf(app, null).add({}, owner), refused("conflict"));
  });

  it(`hears a stranger ${triesMax} times an hour, and at most ${strangersMax} strangers`, async () => {
    await using app = await openApp();
    const pairings = pairingsOf(app);
    for (let user = 1; user <= 50; user += 1) await pairings.claim(user, wrong);
    assert.equal(pairings.strangers, 0, "nothing is kept while no code waits");
    const expiresAt = iso(app.clock.ms + 4 * 3_600_000);
    const { code } = await pairings.add({ expiresAt }, owner);
    for (let tries = 0; tries < triesMax; tries += 1) await pairings.claim(9, wrong);
    assert.equal(await pairings.claim(9, code), false, "one try too many, though it is right");
    for (let user = 100; user < 100 + strangersMax; user += 1) await pairings.claim(user, wrong);
    assert.equal(pairings.strangers, strangersMax);
    assert.equal(await pairings.claim(5_000, code), false, "one stranger too many");
    app.clock.ms += 3_600_000;
    for (let tries = 1; tries < triesMax; tries += 1) await pairings.claim(9, wrong);
    assert.equal(await pairings.claim(9, code), true, "the last try of a new hour");
    const before = app.records.after(0, 1_000).length;
    await pairings.claim(11, wrong);
    assert.equal(app.records.after(0, 1_000).length, before, "nothing is written of strangers");
  });

  it("counts the hour of a stranger by the clock that never jumps, from his first try on", async () => {
    await using app = await openApp();
    const hourMs = 3_600_000;
    let elapsedMs = hourMs - 1;
    const pairings = pairingsOf(app, undefined, () => elapsedMs);
    const { code } = await pairings.add({ expiresAt: iso(app.clock.ms + 4 * hourMs) }, owner);
    for (let tries = 0; tries < triesMax; tries += 1) await pairings.claim(9, wrong);
    elapsedMs += 1;
    assert.equal(await pairings.claim(9, code), false, "his first hour is not the process's");
    app.clock.ms += hourMs;
    assert.equal(await pairings.claim(9, code), false, "the wall clock jumped ahead");
    app.clock.ms -= 2 * hourMs;
    elapsedMs += hourMs - 1;
    assert.equal(await pairings.claim(9, code), true, "it went back, and the hour is over");
  });

  it(`keeps ${pairingsMax} people and codes`, async () => {
    await using app = await openApp();
    const pairings = pairingsOf(app);
    for (let number = 1; number <= pairingsMax; number += 1) await pairings.add({}, owner);
    await assert.rejects(pairings.add({}, owner), refused("conflict"));
    await pairings.revoke("person-9", owner);
    assert.equal((await pairings.add({}, owner)).name, "person-9");
  });
});
