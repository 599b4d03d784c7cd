import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Health, Usage } from "@adyton/protocol";
import type { BackendHealth } from "../ports/backend.ts";
import { nodeHandlers } from "./handlers/node.ts";
import { healthOf } from "./health.ts";
import { Counters, renderMetrics } from "./metrics.ts";
import { HeldBackend, openApp, poolOf, person, question } from "./test/app-fixture.ts";
import type { BackendPool } from "./backend-pool.ts";
import { HeldJournal } from "./test/held-journal.ts";
import { owner } from "./tokens.ts";
import { usageInWords, usageOf } from "./usage.ts";

describe("usage", () => {
  it("is a caller's own, and everybody's for the owner, by UTC day", async () => {
    const backend = new HeldBackend(4, "ответ");
    await using app = await openApp({ backend });
    const anna = person("anna");
    for (const principal of [anna, anna, owner])
      await app.turns.submit(question("q", { principal })).end;
    const of = (principal: typeof owner, nowMs: number, days?: number) =>
      Usage.parse(usageOf(app.state, principal, { nowMs, days }));
    const nowMs = app.clock.ms;
    assert.deepEqual(
      of(anna, nowMs).rows.map(({ messages }) => messages),
      [2],
    );
    assert.deepEqual(
      of(owner, nowMs).rows.map(({ principal }) => principal),
      ["owner", "token:anna"],
    );
    assert.deepEqual(of(person("boris"), nowMs).rows, []);
    const dayMs = 86_400_000;
    assert.equal(of(anna, nowMs + 29 * dayMs).rows.length, 1, "the last of thirty days");
    assert.equal(of(anna, nowMs + 31 * dayMs).rows.length, 0);
    assert.equal(of(anna, nowMs + 2 * dayMs, 1).rows.length, 0);
    assert.match(usageInWords(of(anna, nowMs), "en"), /token:anna: 2 messages, \d+ \+ \d+ tokens/);
    assert.match(
      usageInWords(of(anna, nowMs), "ru"),
      /token:anna: сообщений 2, токенов \d+ \+ \d+/,
    );
    assert.notEqual(usageInWords({ since: "2026-01-01", rows: [] }, "ru"), "");
  });
});

describe("health", () => {
  const backend = (status: BackendHealth["status"]): HeldBackend =>
    Object.assign(new HeldBackend(), {
      health: () => ({ status, detail: "http://127.0.0.1:1 is silent", sinceMs: 1_000 }),
    });
  const cases: ReadonlyArray<
    readonly [
      storage: "ok" | "storage_full" | "storage_failed",
      backend: BackendHealth["status"] | undefined,
      fault: string | undefined,
      status: Health["status"],
    ]
  > = [
    ["ok", undefined, undefined, "ok"],
    ["ok", "ok", undefined, "ok"],
    ["ok", "unknown", undefined, "ok"],
    ["ok", "degraded", undefined, "degraded"],
    ["ok", "ok", "broken", "degraded"],
    ["storage_full", "ok", undefined, "failed"],
    ["storage_failed", "degraded", "broken", "failed"],
  ];
  for (const [storage, state, fault, status] of cases)
    it(`is ${status} with ${storage}, model ${state ?? "none"}, index ${fault ?? "ok"}`, async () => {
      await using app = await openApp();
      const journal = new HeldJournal(app.real);
      journal.reported = storage;
      const options = {
        version: "1",
        startedMs: 0,
        journal,
        backends: poolOf(state === undefined ? undefined : backend(state)),
        searchFault: () => (fault === undefined ? undefined : { en: fault, ru: fault }),
        doors: () => [],
        others: () => [],
        mode: () => "DIRECT",
        language: "en" as const,
        now: () => 2_500,
      };
      const health = Health.parse(healthOf(options, true));
      assert.deepEqual([health.status, health.ready], [status, status === "ok"]);
      assert.equal(health.uptimeSeconds, 2);
      const hidden = healthOf(options, false);
      assert.doesNotMatch(JSON.stringify(hidden), /127\.0\.0\.1|broken|detail/);
      if (state !== undefined) assert.match(JSON.stringify(health), /127\.0\.0\.1/);
    });
});

it("is degraded and ready while the clock is wrong", async () => {
  await using app = await openApp();
  const clock = { name: "clock", status: "degraded", detail: "130 s behind" } as const;
  const options = {
    version: "1",
    startedMs: 0,
    journal: app.real,
    backends: poolOf(),
    searchFault: () => undefined,
    doors: () => [],
    others: () => [clock],
    mode: () => "DIRECT",
    language: "en" as const,
    now: () => 0,
  };
  const health = Health.parse(healthOf(options, true));
  assert.deepEqual([health.status, health.ready, health.parts.at(-1)], ["degraded", true, clock]);
});

describe("the health of several model servers", () => {
  const named = (name: string, status: BackendHealth["status"]): HeldBackend =>
    Object.assign(new HeldBackend(), {
      name,
      health: () => ({ status, detail: `http://127.0.0.1:1 of ${name}`, sinceMs: 1_000 }),
    });
  const cases: ReadonlyArray<
    readonly [name: string, states: readonly BackendHealth["status"][], Health["status"], boolean]
  > = [
    ["all work", ["ok", "ok"], "ok", true],
    ["one is down", ["ok", "degraded"], "degraded", true],
    ["one is down, one was not asked", ["unknown", "degraded"], "degraded", true],
    ["all are down", ["degraded", "degraded"], "degraded", false],
  ];
  const healthWith = async (pool: BackendPool, withDetails: boolean): Promise<Health> => {
    await using app = await openApp();
    const rest = {
      version: "1",
      startedMs: 0,
      searchFault: () => undefined,
      doors: () => [],
      others: () => [],
      mode: () => "DIRECT",
      language: "en" as const,
      now: () => 0,
    };
    return Health.parse(healthOf({ ...rest, journal: app.real, backends: pool }, withDetails));
  };
  for (const [name, states, status, ready] of cases)
    it(`${name}: ${status}, ${ready ? "" : "not "}ready`, async () => {
      const pool = poolOf(...states.map((state, index) => named(`m${index}`, state)));
      const told = await healthWith(pool, true);
      assert.deepEqual([told.status, told.ready], [status, ready]);
      const names = told.parts.map((part) => part.name);
      assert.deepEqual(names, ["journal", "model:m0", "model:m1", "search"]);
      assert.match(JSON.stringify(told), /127\.0\.0\.1:1 of m1/);
      assert.doesNotMatch(JSON.stringify(await healthWith(pool, false)), /127\.0\.0\.1/);
    });

  it("one for vectors that is down leaves the node ready", async () => {
    const pool = poolOf(named("chats", "ok"));
    pool.add({ backend: named("vectors", "degraded"), roles: ["embeddings"], weight: 1 });
    const told = await healthWith(pool, true);
    assert.deepEqual([told.status, told.ready], ["degraded", true]);
  });
});

describe("who is told the details of health", () => {
  for (const [grant, isTold] of [
    ["read", false],
    ["memory:read", false],
    ["admin", true],
  ] as const)
    it(`${grant}: ${isTold ? "yes" : "no"}`, async () => {
      await using app = await openApp();
      const told: boolean[] = [];
      const unused = (): never => assert.fail("health needs nothing else");
      const handlers = nodeHandlers({
        describe: app.describe,
        tokens: app.tokens,
        state: app.state,
        now: () => 0,
        health: (withDetails) => {
          told.push(withDetails);
          return { status: "ok", ready: true, version: "1", uptimeSeconds: 0, parts: [] };
        },
        metrics: unused,
        verify: unused,
        backUp: unused,
        readSpec: unused,
      });
      await handlers.getHealth({
        principal: person("x", grant),
        params: undefined,
        query: undefined,
        body: undefined,
        fingerprint: new Uint8Array(),
        wantsStream: false,
        signal: new AbortController().signal,
      });
      assert.deepEqual(told, [isTold]);
    });
});

describe("metrics", () => {
  it("are Prometheus' text format, labels escaped", () => {
    const counters = new Counters();
    counters.add("answered");
    counters.add("answered", 2);
    counters.add('a"b\\c\nd');
    const text = renderMetrics([
      {
        name: "adyton_turns_total",
        help: "Turns.",
        type: "counter",
        samples: counters.samples("end"),
      },
      { name: "adyton_up", help: "Up.", type: "gauge", samples: [{ value: 0.5 }] },
      { name: "adyton_none", help: "None.", type: "gauge", samples: [] },
    ]);
    assert.equal(
      text,
      [
        "# HELP adyton_turns_total Turns.",
        "# TYPE adyton_turns_total counter",
        'adyton_turns_total{end="answered"} 3',
        String.raw`adyton_turns_total{end="a\"b\\c\nd"} 1`,
        "# HELP adyton_up Up.",
        "# TYPE adyton_up gauge",
        "adyton_up 0.5",
        "# HELP adyton_none None.",
        "# TYPE adyton_none gauge",
        "",
      ].join("\n"),
    );
    const line =
      /^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+(?:\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"\})? -?[\d.e+]+)$/;
    for (const each of text.trimEnd().split("\n")) assert.match(each, line);
  });
});
