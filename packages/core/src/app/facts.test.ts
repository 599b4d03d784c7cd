import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { FactOutcome, FactQuery, FactRequest, factValueCharsMax } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import { SearchError } from "../domain/search/search-contract.ts";
import type { Principal } from "../ports/http.ts";
import { openApp, type OpenApp, person } from "./test/app-fixture.ts";
import { owner } from "./tokens.ts";

const dayMs = 86_400_000;
const iso = (ms: number): string => new Date(ms).toISOString();
const refused = (code: string) => (error: unknown) =>
  error instanceof ProblemError && error.problem.code === code;

type Words = readonly [subject: string, attribute: string, value: string];

async function tell(
  app: OpenApp,
  [subject, attribute, value]: Words,
  more: object = {},
  by = owner,
) {
  const request = FactRequest.parse({ subject, attribute, value, ...more });
  const said = { source: by.id, tier: by.tier };
  const outcome = await app.facts.store({ request, person: by.person, by, said });
  FactOutcome.parse(outcome);
  assert.ok(outcome.kind !== "proposed");
  return { kind: outcome.kind, ...outcome.fact };
}

const values = (app: OpenApp, query: object = {}, by: Principal = owner): string[] =>
  app.facts.list(FactQuery.parse(query), by).facts.map(({ value }) => value);

async function found(app: OpenApp, query: string, by: Principal = owner, atMs?: number) {
  const at = atMs === undefined ? {} : { nowMs: atMs };
  const { hits } = await app.memory.find({ query, owners: [by.person], limit: 10, ...at });
  return hits.map(({ text }) => text);
}

const home: Words = ["Анна", "город", "Пермь"];

describe("facts", () => {
  it("hold until another value of the same takes their place, as of any time", async () => {
    await using app = await openApp();
    const [t0, t1, t2] = [app.clock.ms, app.clock.ms + dayMs, app.clock.ms + 2 * dayMs];
    const first = await tell(app, home);
    app.clock.ms = t1;
    const second = await tell(app, [" анна", "ГОРОД", "Казань"]);
    assert.equal(second.supersedes, first.factId);
    app.clock.ms = t2;
    assert.deepEqual(values(app), ["Казань"]);
    assert.deepEqual(values(app, { subject: "АННА", attribute: "город" }), ["Казань"]);
    for (const [atMs, expected] of [
      [t0 - 1, []],
      [t0, ["Пермь"]],
      [t1 - 1, ["Пермь"]],
      [t1, ["Казань"]],
      [t2 + 9_999 * dayMs, ["Казань"]],
    ] as const)
      assert.deepEqual(values(app, { at: iso(atMs) }), expected, iso(atMs));
    const history = app.facts.list({ history: "true" }, owner).facts;
    assert.deepEqual(
      history.map(({ status, validTo, supersededBy }) => ({ status, validTo, supersededBy })),
      [
        { status: "ended", validTo: iso(t1), supersededBy: second.factId },
        { status: "holds", validTo: null, supersededBy: null },
      ],
    );
  });

  it("that are found are the ones that hold: an update never returns the old value", async () => {
    await using app = await openApp();
    const t0 = app.clock.ms;
    await tell(app, home);
    assert.deepEqual(await found(app, "в каком городе живёт Анна"), ["Анна — город: Пермь"]);
    app.clock.ms += dayMs;
    for (const value of ["Казань", "Тверь", "Омск"]) {
      app.clock.ms += 1;
      await tell(app, ["Анна", "город", value]);
      assert.deepEqual(await found(app, "город Анны"), [`Анна — город: ${value}`]);
      assert.deepEqual(await found(app, "Пермь"), [], "not by the old value either");
    }
    assert.deepEqual(await found(app, "город Анны", owner, t0), ["Анна — город: Пермь"]);
  });

  it("end at their time, begin at their time, and end with their class's time", async () => {
    await using app = await openApp({ factLifetimeMs: 10 * dayMs });
    const t0 = app.clock.ms;
    const times = { validFrom: iso(t0 + dayMs), validTo: iso(t0 + 2 * dayMs) };
    await tell(app, ["Boiler", "state", "off for repair"], times);
    await tell(app, ["Boiler", "colour", "white"]);
    for (const [atMs, expected] of [
      [t0, ["white"]],
      [t0 + dayMs - 1, ["white"]],
      [t0 + dayMs, ["off for repair", "white"]],
      [t0 + 2 * dayMs - 1, ["off for repair", "white"]],
      [t0 + 2 * dayMs, ["white"]],
      [t0 + 10 * dayMs - 1, ["white"]],
      [t0 + 10 * dayMs, []],
    ] as const) {
      app.clock.ms = atMs;
      assert.deepEqual(values(app), expected, iso(atMs));
      const texts = await found(app, "boiler state colour");
      assert.equal(texts.length, expected.length, iso(atMs));
    }
  });

  it("told late, about a time before, end where the later one begins", async () => {
    await using app = await openApp();
    const t0 = app.clock.ms;
    await tell(app, ["Anna", "city", "Berlin"]);
    const late = await tell(app, ["Anna", "city", "Oslo"], { validFrom: iso(t0 - 10 * dayMs) });
    assert.deepEqual([late.status, late.validTo], ["ended", iso(t0)]);
    assert.deepEqual(values(app), ["Berlin"]);
    assert.deepEqual(values(app, { at: iso(t0 - dayMs) }), ["Oslo"]);
    const between = await tell(app, ["Anna", "city", "Bonn"], { validFrom: iso(t0 - 5 * dayMs) });
    assert.equal(between.supersedes, late.factId);
    assert.deepEqual(values(app, { at: iso(t0 - 6 * dayMs) }), ["Oslo"]);
    assert.deepEqual(values(app, { at: iso(t0 - 5 * dayMs) }), ["Bonn"]);
    assert.deepEqual(values(app, { at: iso(t0) }), ["Berlin"]);
    assert.deepEqual(await found(app, "Anna city"), ["Anna — city: Berlin"]);
  });

  it("that are retracted were never so: what they had closed holds again, and is found again", async () => {
    await using app = await openApp();
    const first = await tell(app, home);
    app.clock.ms += dayMs;
    const wrong = await tell(app, ["Анна", "город", "Казань"]);
    app.clock.ms += dayMs;
    const last = await tell(app, ["Анна", "город", "Тверь"]);
    const retracted = await app.facts.retract(wrong.factId, owner);
    assert.equal(retracted.status, "retracted");
    assert.equal(app.facts.get(first.factId, owner).validTo, iso(app.clock.ms));
    assert.equal(app.facts.get(first.factId, owner).supersededBy, last.factId);
    await app.facts.retract(last.factId, owner);
    assert.deepEqual(values(app), ["Пермь"]);
    assert.deepEqual(await found(app, "город Анны"), ["Анна — город: Пермь"]);
    assert.deepEqual(await found(app, "Казань Тверь"), []);
    assert.deepEqual(
      await app.facts.retract(last.factId, owner),
      app.facts.get(last.factId, owner),
    );
    assert.equal(app.records.after(0, 500, "memory.fact.retracted").length, 2);
  });

  it("that hold at once with different values are told as a conflict", async () => {
    await using app = await openApp();
    const anna = person("anna", "memory:write", "memory:read");
    const until = iso(app.clock.ms + 10 * dayMs);
    await tell(app, ["Boiler", "pressure", "1.5"], { validTo: until });
    assert.deepEqual(app.facts.conflicts(owner.person), []);
    app.clock.ms -= dayMs;
    await tell(app, ["boiler", "Pressure", "2.0"], { validTo: until });
    app.clock.ms += dayMs;
    const [pair] = app.facts.conflicts(owner.person);
    assert.deepEqual(
      pair?.map(({ value }) => value),
      ["1.5", "2.0"],
    );
    assert.deepEqual(values(app, { conflicting: "true" }), ["1.5", "2.0"]);
    assert.deepEqual(app.facts.conflicts(anna.person), [], "of what one may see");
    await tell(app, ["Boiler", "pressure", "1.7"], { shared: true }, anna);
    assert.equal(app.facts.conflicts(owner.person).length, 3);
    assert.deepEqual(values(app, { conflicting: "true" }).toSorted(), ["1.5", "1.7", "2.0"]);
    assert.equal(app.facts.conflicts(anna.person).length, 0);
    await tell(app, ["Cellar", "key", "under the mat"], { shared: true }, anna);
    await tell(app, ["cellar", "key", "Under  the mat"]);
    assert.equal(app.facts.conflicts(owner.person).length, 3, "the same value is none");
  });

  it("said again change nothing; with other times, sureness or reach they do", async () => {
    await using app = await openApp();
    const first = await tell(app, home);
    const again = await tell(app, ["анна", "Город", "пермь"]);
    assert.deepEqual([again.kind, again.factId], ["unchanged", first.factId]);
    const stored = (): number => app.records.after(0, 500, "memory.fact.stored").length;
    assert.equal(stored(), 1);
    app.clock.ms += 1;
    assert.equal((await tell(app, home, { confidence: 0.5 })).supersedes, first.factId);
    assert.equal((await tell(app, home, { shared: true })).supersedes, null);
    assert.equal(stored(), 3);
  });

  it("belong to their person: another neither sees, ends nor retracts them", async () => {
    await using app = await openApp();
    const [anna, boris] = [person("anna"), person("boris")];
    const own = await tell(app, ["Кот", "имя", "Барсик"], {}, anna);
    const shared = await tell(app, ["Дом", "код", "кварц"], { shared: true }, anna);
    app.clock.ms += 1;
    await tell(app, ["Кот", "имя", "Мурзик"], {}, boris);
    assert.equal(app.facts.get(own.factId, anna).status, "holds");
    for (const other of [boris, owner]) {
      assert.throws(() => app.facts.get(own.factId, other), refused("not_found"));
      assert.ok(!values(app, { history: "true" }, other).includes("Барсик"));
      assert.ok(values(app, {}, other).includes("кварц"));
      assert.deepEqual(await found(app, "Барсик", other), []);
      for (const id of [own.factId, shared.factId])
        await assert.rejects(app.facts.retract(id, other), refused("not_found"));
    }
    assert.deepEqual(await found(app, "как зовут кота, имя", anna), ["Кот — имя: Барсик"]);
  });

  it("are refused with an end before their beginning, and with too many characters", async () => {
    await using app = await openApp();
    const at = iso(app.clock.ms);
    await assert.rejects(tell(app, home, { validFrom: at, validTo: at }), refused("invalid_body"));
    const value = "ы".repeat(factValueCharsMax);
    assert.equal((await tell(app, ["a", "b", value])).value, value);
    assert.throws(() => FactRequest.parse({ subject: "a", attribute: "b", value: `${value}ы` }));
    assert.throws(() => FactRequest.parse({ subject: " ", attribute: "b", value: "c" }));
  });

  it("are paged in the order they came", async () => {
    await using app = await openApp();
    for (const [index, value] of ["a", "b", "c"].entries())
      await tell(app, [`s${index}`, "x", value]);
    const first = app.facts.list({ limit: 2 }, owner);
    assert.deepEqual(
      first.facts.map(({ value }) => value),
      ["a", "b"],
    );
    assert.ok(first.more);
    const rest = app.facts.list({ limit: 2, after: first.next }, owner);
    assert.deepEqual([rest.facts.map(({ value }) => value), rest.more], [["c"], false]);
    assert.throws(() => app.facts.list({ attribute: "x" }, owner), refused("invalid_request"));
  });
});

describe("the index of facts", () => {
  it("is built anew when it was lost, with every end", async () => {
    await using app = await openApp();
    await tell(app, home);
    app.clock.ms += dayMs;
    await tell(app, ["Анна", "город", "Казань"]);
    const wrong = await tell(app, ["Анна", "возраст", "30"]);
    await app.facts.retract(wrong.factId, owner);
    await app.close();
    for (const suffix of ["", "-wal", "-shm"])
      rmSync(join(app.home, `index.db${suffix}`), { force: true });
    await using rebuilt = await openApp({ home: app.home });
    rebuilt.clock.ms = app.clock.ms;
    assert.deepEqual(await found(rebuilt, "город Анны, возраст"), ["Анна — город: Казань"]);
    const before = rebuilt.clock.ms - dayMs;
    assert.deepEqual(await found(rebuilt, "город Анны", owner, before), ["Анна — город: Пермь"]);
  });

  it("catches up after a crash between the journal and it, also with a retraction", async () => {
    await using app = await openApp();
    await tell(app, home);
    app.clock.ms += dayMs;
    const wrong = await tell(app, ["Анна", "город", "Казань"]);
    assert.deepEqual(await found(app, "город Анны"), ["Анна — город: Казань"]);
    const { search } = app;
    const remove = search.remove.bind(search);
    search.remove = async () => Promise.reject(new SearchError("storage", "crash"));
    await app.facts.retract(wrong.factId, owner);
    search.remove = remove;
    await app.close();
    await using after = await openApp({ home: app.home });
    after.clock.ms = app.clock.ms;
    assert.deepEqual(await found(after, "город Анны"), ["Анна — город: Пермь"]);
  });
});
