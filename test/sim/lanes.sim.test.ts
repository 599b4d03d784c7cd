import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { conversationQueueMax, nodeQueueMax, principalQueueMax } from "@adyton/protocol";
import fc from "fast-check";
import { type LaneLimits, Lanes, type Turn } from "../../packages/core/src/domain/turns/lanes.ts";
import { processorMs } from "../../packages/core/test/processor-time.ts";

// A model server and its callers, simulated from a seed with a clock of the test's own. SIM_SEED repeats one run.

const limits: LaneLimits = { conversationMax: 4, principalMax: 9, nodeMax: 24 };

/** Numbers in [0, 1) from a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The lanes with a plain account of what must be true of them beside it. */
class Watched {
  readonly lanes = new Lanes(limits);
  readonly waiting: Turn[] = [];
  readonly running = new Map<string, { readonly turn: Turn; holdsSlot: boolean }>();
  /** For each principal with a startable turn: how often each other one started since. */
  readonly #overtaken = new Map<string, Map<string, number>>();
  started = 0;
  refused = 0;

  enqueue(turn: Turn): void {
    const ofPrincipal = this.waiting.filter(({ principal }) => principal === turn.principal).length;
    const ofConversation = this.#of(turn.conversation).length;
    const full =
      this.waiting.length >= limits.nodeMax
        ? "node"
        : ofPrincipal >= limits.principalMax
          ? "principal"
          : ofConversation >= limits.conversationMax
            ? "conversation"
            : undefined;
    const admission = this.lanes.enqueue(turn);
    if (full !== undefined) {
      assert.deepEqual(admission, { kind: "busy", full });
      this.refused += 1;
      return;
    }
    const busy = this.#isBusy(turn.conversation) ? 1 : 0;
    assert.deepEqual(admission, { kind: "queued", ahead: ofConversation + busy });
    this.waiting.push(turn);
    this.#check();
  }

  next(slots: number): Turn | undefined {
    const holding = [...this.running.values()].filter(({ holdsSlot }) => holdsSlot).length;
    const turn = this.lanes.next(slots);
    if (holding >= slots) {
      assert.equal(turn, undefined, "no more slots than allowed");
      return undefined;
    }
    const startable = this.#startable();
    if (turn === undefined) {
      assert.equal(startable.length, 0, "a free slot and a startable turn belong together");
      return undefined;
    }
    assert.ok(!this.#isBusy(turn.conversation), "one turn of a conversation at a time");
    assert.equal(this.#of(turn.conversation)[0], turn, "in the order in which they came");
    this.waiting.splice(this.waiting.indexOf(turn), 1);
    this.running.set(turn.id, { turn, holdsSlot: true });
    this.started += 1;
    this.#countOvertaking(turn.principal);
    this.#check();
    return turn;
  }

  release(id: string): void {
    this.lanes.release(id);
    const entry = this.running.get(id);
    if (entry !== undefined) entry.holdsSlot = false;
    this.#check();
  }

  finish(id: string): void {
    this.lanes.finish(id);
    this.running.delete(id);
    this.#check();
  }

  remove(turn: Turn): void {
    const index = this.waiting.findIndex(({ id }) => id === turn.id);
    assert.equal(this.lanes.remove(turn), index >= 0);
    if (index >= 0) this.waiting.splice(index, 1);
    this.#check();
  }

  /** The bound of the file's head: each other principal starts at most once while one could start and does not. */
  #countOvertaking(winner: string): void {
    this.#overtaken.delete(winner);
    for (const [principal, counts] of this.#overtaken) {
      const count = (counts.get(winner) ?? 0) + 1;
      counts.set(winner, count);
      assert.ok(count <= 1, `${winner} started ${count} turns before ${principal}, which could`);
    }
  }

  #check(): void {
    assert.equal(this.lanes.waiting, this.waiting.length);
    assert.equal(this.lanes.running, this.running.size);
    const could = new Set(this.#startable().map(({ principal }) => principal));
    for (const principal of this.#overtaken.keys())
      if (!could.has(principal)) this.#overtaken.delete(principal);
    for (const principal of could)
      if (!this.#overtaken.has(principal)) this.#overtaken.set(principal, new Map());
  }

  #startable(): Turn[] {
    const seen = new Set<string>();
    return this.waiting.filter(({ conversation }) => {
      if (seen.has(conversation) || this.#isBusy(conversation)) return false;
      seen.add(conversation);
      return true;
    });
  }

  #of(conversation: string): Turn[] {
    return this.waiting.filter((turn) => turn.conversation === conversation);
  }

  #isBusy(conversation: string): boolean {
    return [...this.running.values()].some(({ turn }) => turn.conversation === conversation);
  }
}

/** Callers arrive, cancel and leave; answers take their time, then their time on disk. */
function simulate(seed: number): Watched {
  const random = seeded(seed);
  const upTo = (max: number): number => Math.floor(random() * max);
  const watched = new Watched();
  const slots = 1 + upTo(4);
  const pressure = 0.2 + random() * 0.7;
  const dueMs: { readonly atMs: number; readonly act: () => void }[] = [];
  let nowMs = 0;
  let count = 0;
  const pump = (): void => {
    for (let turn = watched.next(slots); turn !== undefined; turn = watched.next(slots)) {
      const { id } = turn;
      const answeredMs = nowMs + upTo(50);
      dueMs.push({ atMs: answeredMs, act: () => watched.release(id) });
      dueMs.push({ atMs: answeredMs + upTo(20), act: () => watched.finish(id) });
    }
  };
  for (let step = 0; step < 400 || watched.waiting.length + watched.running.size > 0; step += 1) {
    assert.ok(step < 20_000, "everything ends");
    nowMs += upTo(8);
    if (step < 400 && random() < pressure) {
      // One of them floods, in few conversations.
      const principal = `p${random() < 0.5 ? 0 : upTo(6)}`;
      count += 1;
      watched.enqueue({ id: `t${count}`, principal, conversation: `${principal}/${upTo(3)}` });
    }
    const chosen = watched.waiting[upTo(watched.waiting.length)];
    if (chosen !== undefined && random() < 0.1) watched.remove(chosen);
    for (let at = dueMs.findIndex(isDue); at >= 0; at = dueMs.findIndex(isDue))
      dueMs.splice(at, 1)[0]?.act();
    pump();
  }
  return watched;

  function isDue({ atMs }: { readonly atMs: number }): boolean {
    return atMs <= nowMs;
  }
}

describe("lanes under load", () => {
  it("keep order, slots, bounds and fairness, whatever happens", () => {
    const given = process.env["SIM_SEED"];
    const seeds =
      given === undefined ? Array.from({ length: 150 }, (_, index) => index) : [Number(given)];
    let started = 0;
    let refused = 0;
    for (const seed of seeds) {
      try {
        const watched = simulate(seed);
        started += watched.started;
        refused += watched.refused;
      } catch (error) {
        throw new Error(`SIM_SEED=${seed} breaks the lanes`, { cause: error });
      }
    }
    if (given === undefined) assert.ok(started > 5_000 && refused > 500, `${started}, ${refused}`);
  });

  it("hold for any sequence of calls, also for ids that are not there", () => {
    const action = fc.record({
      what: fc.constantFrom("enqueue", "enqueue", "next", "next", "release", "finish", "remove"),
      which: fc.nat(11),
      slots: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
        const watched = new Watched();
        actions.forEach(({ what, which, slots }, index) => {
          const principal = `p${which % 3}`;
          const turn = { id: `t${index}`, principal, conversation: `${principal}/${which % 4}` };
          const known = [...watched.running.keys()][which] ?? `t${which}`;
          if (what === "enqueue") watched.enqueue(turn);
          else if (what === "next") watched.next(slots);
          else if (what === "release") watched.release(known);
          else if (what === "finish") watched.finish(known);
          else watched.remove(watched.waiting[which] ?? turn);
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe("the bounds of the lanes", () => {
  const real: LaneLimits = {
    conversationMax: conversationQueueMax,
    principalMax: principalQueueMax,
    nodeMax: nodeQueueMax,
  };
  const turn = (id: number, principal: string, conversation: string): Turn => ({
    id: String(id),
    principal,
    conversation,
  });
  const cases: ReadonlyArray<
    readonly [full: "conversation" | "principal" | "node", max: number, at: (n: number) => Turn]
  > = [
    ["conversation", conversationQueueMax, (n) => turn(n, "p", "c")],
    ["principal", principalQueueMax, (n) => turn(n, "p", `c${n}`)],
    ["node", nodeQueueMax, (n) => turn(n, `p${n}`, `c${n}`)],
  ];
  for (const [full, max, at] of cases)
    it(`take ${max} for a ${full} and refuse one more, until one leaves`, () => {
      const lanes = new Lanes(real);
      for (let n = 0; n < max; n += 1) assert.equal(lanes.enqueue(at(n)).kind, "queued");
      assert.deepEqual(lanes.enqueue(at(max)), { kind: "busy", full });
      assert.equal(lanes.waiting, max);
      assert.ok(lanes.remove(at(0)));
      assert.equal(lanes.enqueue(at(max)).kind, "queued");
    });

  it("do not refuse a turn that was admitted before", () => {
    const lanes = new Lanes(real);
    for (let n = 0; n < conversationQueueMax; n += 1) lanes.enqueue(turn(n, "p", "c"));
    lanes.readmit(turn(conversationQueueMax, "p", "c"));
    assert.equal(lanes.waiting, conversationQueueMax + 1);
    assert.equal(lanes.next(1)?.id, "0");
  });

  it("removing one's turn costs no place in the round", () => {
    const lanes = new Lanes(real);
    for (const [n, principal] of ["a", "a", "b"].entries())
      lanes.enqueue(turn(n, principal, `${principal}${n}`));
    lanes.remove(turn(0, "a", "a0"));
    assert.equal(lanes.next(1)?.principal, "a");
  });

  it("serve 1,024 waiting turns quickly, also behind busy conversations", () => {
    const lanes = new Lanes(real);
    const serve = (round: number): void => {
      for (let n = 0; n < nodeQueueMax; n += 1) {
        const principal = `p${n % 16}`;
        lanes.enqueue(turn(round * nodeQueueMax + n, principal, `${principal}/${n % 128}`));
      }
      for (;;) {
        const next = lanes.next(8);
        if (next === undefined) break;
        lanes.finish(next.id);
      }
      assert.equal(lanes.waiting, 0);
    };
    const rounds = Array.from({ length: 20 }, (_, round) => round);
    const perTurnMs = processorMs(() => rounds.forEach(serve)) / (20 * nodeQueueMax);
    assert.ok(perTurnMs < 0.1, `${perTurnMs} ms for a turn`);
  });
});
