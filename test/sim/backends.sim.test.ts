import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  BackendPool,
  conversationsRememberedMax,
  type Lease,
} from "../../packages/core/src/app/backend-pool.ts";
import type {
  Backend,
  BackendHealth,
  BackendStatus,
} from "../../packages/core/src/ports/backend.ts";

// Model servers that come, go, and are busy, simulated from a seed. SIM_SEED repeats one run.

const seed = process.env["SIM_SEED"];
const parameters = { numRuns: 200, ...(seed === undefined ? {} : { seed: Number(seed) }) };
const never = new AbortController().signal;

/** A server of which only the health and the number of requests matter. */
class Simulated implements Backend {
  readonly name: string;
  readonly concurrency: number;
  readonly model = "m";
  readonly address = "";
  readonly contextTokens = 4_096;
  status: BackendStatus = "ok";
  #listener: (health: BackendHealth) => void = () => undefined;

  constructor(name: string, concurrency: number) {
    this.name = name;
    this.concurrency = concurrency;
  }

  become(status: BackendStatus): void {
    this.status = status;
    this.#listener(this.health());
  }

  chat = () => assert.fail("nobody is asked");
  countTokens = (): number => 0;
  health = () => ({ status: this.status, detail: "", sinceMs: 0 });
  onHealthChange(listener: (health: BackendHealth) => void): void {
    this.#listener = listener;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    // It holds nothing.
  }
}

function poolOf(weights: readonly number[], concurrency: readonly number[]) {
  const pool = new BackendPool();
  const servers = weights.map((weight, index) => {
    const backend = new Simulated(`s${index}`, concurrency[index] ?? 1);
    pool.add({ backend, roles: ["chat"], weight });
    return backend;
  });
  return { pool, servers };
}

const request = { role: "chat", without: new Set<string>(), signal: never } as const;
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("the pool of model servers", () => {
  it("shares requests by weight, exactly over every round", async () => {
    const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(weights, fc.integer({ min: 1, max: 5 }), async (given, rounds) => {
        const { pool } = poolOf(
          given,
          given.map(() => 1),
        );
        const total = given.reduce((sum, weight) => sum + weight, 0);
        for (let turn = 0; turn < total * rounds; turn += 1)
          (await pool.lease(request))?.[Symbol.dispose]();
        for (const [index, weight] of given.entries())
          assert.equal(pool.asked.value(`s${index}`), weight * rounds);
      }),
      parameters,
    );
  });

  it("never exceeds a server's concurrency, starves nobody, and asks the degraded only when no other is left", async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ kind: fc.constant("ask"), at: fc.nat(7) }) },
      { weight: 5, arbitrary: fc.record({ kind: fc.constant("end"), at: fc.nat(30) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("down"), at: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("up"), at: fc.nat(3) }) },
    );
    const concurrency = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(concurrency, fc.array(step, { maxLength: 120 }), async (given, steps) => {
        const { pool, servers } = poolOf([3, 2, 1, 0], given);
        const held: Lease[] = [];
        const order: number[] = [];
        let asked = 0;
        for (const { kind, at } of steps) {
          if (kind === "ask") {
            const ticket = (asked += 1);
            void pool.lease({ ...request, conversation: `c${at}` }).then((lease) => {
              assert.ok(lease !== undefined);
              held.push(lease);
              order.push(ticket);
              const isLast = servers.every((server) => server.status === "degraded");
              const backend = servers.find(({ name }) => name === lease.backend.name);
              assert.ok(isLast || backend?.status !== "degraded", "a degraded one was taken");
              return ticket;
            });
          } else if (kind === "end") {
            const [lease] = held.splice(at % Math.max(1, held.length), 1);
            lease?.[Symbol.dispose]();
          } else servers[at]?.become(kind === "down" ? "degraded" : "ok");
          await settle();
          for (const { name, concurrency: max } of servers)
            assert.ok(pool.inFlight(name) <= max && pool.inFlight(name) >= 0);
        }
        // Nobody waits while somebody who serves is free, and in the end everybody was served, in order.
        while (order.length < asked) {
          const [lease] = held.splice(0, 1);
          assert.ok(lease !== undefined, "somebody waits although nobody is busy");
          lease[Symbol.dispose]();
          await settle();
        }
        assert.deepEqual(
          order,
          order.toSorted((left, right) => left - right),
        );
      }),
      parameters,
    );
  });

  const conversation = async (pool: BackendPool, name?: string): Promise<string> => {
    using lease = await pool.lease({ ...request, conversation: name });
    return lease?.backend.name ?? "nowhere";
  };

  for (const [others, isKept] of [
    [0, true],
    [conversationsRememberedMax - 1, true],
    [conversationsRememberedMax, false],
  ] as const)
    it(`${isKept ? "remembers" : "forgets"} where a conversation was after ${others} others`, async () => {
      const { pool } = poolOf([1, 1], [4, 4]);
      const first = await conversation(pool, "first");
      for (let count = 0; count < others; count += 1) await conversation(pool, `c${count}`);
      // The two take turns, so whoever is new would go to the other one now.
      if (others % 2 === 1) await conversation(pool);
      assert.equal((await conversation(pool, "first")) === first, isKept);
    });
});
