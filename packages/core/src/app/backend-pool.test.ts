import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackendHealth, BackendStatus } from "../ports/backend.ts";
import { BackendPool } from "./backend-pool.ts";
import { HeldBackend, openApp, question, until } from "./test/app-fixture.ts";

/** A server whose health the test sets. */
class MortalBackend extends HeldBackend {
  override readonly name: string;
  #status: BackendStatus = "ok";
  #listeners: ((health: BackendHealth) => void)[] = [];

  constructor(name: string, concurrency: number) {
    super(concurrency);
    this.name = name;
  }

  override health(): BackendHealth {
    return { status: this.#status, detail: "", sinceMs: 0 };
  }

  override onHealthChange(listener: (health: BackendHealth) => void): void {
    this.#listeners.push(listener);
  }

  become(status: BackendStatus): void {
    this.#status = status;
    for (const listener of this.#listeners) listener(this.health());
  }
}

describe("turns and several model servers", () => {
  it("run beside each other as many as the servers that work take, which changes while they run", async () => {
    const servers = [new MortalBackend("a", 2), new MortalBackend("b", 3)] as const;
    const [a, b] = servers;
    const pool = new BackendPool();
    for (const backend of servers) pool.add({ backend, roles: ["chat"], weight: 1 });
    assert.equal(pool.slots, 5);
    b.become("degraded");
    assert.equal(pool.slots, 2);
    await using app = await openApp({ backends: pool });
    const running = (): number => a.open.length + b.open.length;
    const runs = Array.from({ length: 8 }, (_, index) =>
      app.turns.submit(question("?", { conversation: `c${index}` })),
    );
    await until("as many as a takes", () => running() === 2);
    assert.deepEqual([a.open.length, b.open.length, app.turns.waiting], [2, 0, 6]);
    b.become("ok");
    await until("as many as both take", () => running() === 5);
    assert.deepEqual([a.open.length, b.open.length, app.turns.waiting], [2, 3, 3]);
    // One that goes down keeps what it has begun; nobody new comes to it.
    b.become("degraded");
    a.open[0]?.answer("a");
    b.open[0]?.answer("b");
    await Promise.all(runs.slice(0, 1).map(({ end }) => end));
    await until("the others go on", () => app.turns.running === 4);
    assert.equal(b.open.length, 3);
    for (let next = 0; app.turns.running > 0; next += 1) {
      await until("the next", () => a.open.length + b.open.length > 0);
      for (const chat of [...a.open, ...b.open]) chat.answer(`answer ${next}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const ends = await Promise.all(runs.map(({ end }) => end));
    assert.ok(ends.every(({ kind }) => kind === "answered"));
    assert.deepEqual(b.open.length, 3);
  });

  it("of one that brings none have no slots, and a found one brings them", async () => {
    const pool = new BackendPool();
    let changes = 0;
    pool.onChange(() => (changes += 1));
    pool.add({ backend: new MortalBackend("v", 4), roles: ["embeddings"], weight: 1 });
    assert.deepEqual([pool.slots, pool.first("chat"), pool.works("chat")], [0, undefined, false]);
    const backend = new MortalBackend("a", 4);
    pool.add({ backend, roles: ["chat"], weight: 0 });
    assert.deepEqual([pool.slots, pool.first("chat"), changes], [4, backend, 2]);
  });
});
