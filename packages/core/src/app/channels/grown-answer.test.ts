import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ManualClock } from "@adyton/runtime/clock";
import fc from "fast-check";
import { EditGrid, slowdownMax } from "./edit-grid.ts";
import { GrownAnswer, type ShowOutcome } from "./grown-answer.ts";

const everyMs = 2_000;
const never = new AbortController().signal;

interface Edit {
  readonly atMs: number;
  readonly text: string;
}

/** An answer of which a piece comes after each pause, and what was shown of it, the whole at last. */
async function grow(
  pausesMs: readonly number[],
  outcomeOf: (edit: number) => ShowOutcome = () => ({ kind: "shown" }),
): Promise<{ readonly edits: readonly Edit[]; readonly lastMs: number; readonly endedMs: number }> {
  const clock = new ManualClock();
  const edits: Edit[] = [];
  let before = "";
  const answer = new GrownAnswer(new EditGrid({ clock, everyMs }), (text) => {
    if (text === before) return Promise.resolve({ kind: "unchanged" });
    edits.push({ atMs: clock.monotonicMs(), text });
    const outcome = outcomeOf(edits.length - 1);
    if (outcome.kind === "shown") before = text;
    return Promise.resolve(outcome);
  });
  let text = "";
  for (const pauseMs of pausesMs) {
    await clock.advance(pauseMs);
    text += "слово ";
    answer.take(text);
  }
  const endedMs = clock.monotonicMs();
  const ended = (async () => {
    await answer.end(never);
    return clock.monotonicMs();
  })();
  await clock.advance(3_600_000);
  const lastMs = await ended;
  assert.equal(clock.timersPending, 0, "nothing is left behind");
  return { edits, lastMs, endedMs };
}

describe("an answer that is shown while it grows", () => {
  const pauses = fc.array(fc.nat(5_000), { maxLength: 60 });

  it("is edited at whole steps alone, at whatever rate its pieces come, and never without news", async () => {
    await fc.assert(
      fc.asyncProperty(pauses, async (pausesMs) => {
        const { edits, lastMs, endedMs } = await grow(pausesMs);
        for (const { atMs } of edits) assert.equal(atMs % everyMs, 0);
        assert.ok(edits.length <= Math.floor(endedMs / everyMs), "no more edits than ticks");
        assert.equal(new Set(edits.map(({ text }) => text)).size, edits.length);
        // The last edit is the whole answer's: at a step too, unless nothing was shown before it.
        assert.ok(edits.length === 0 ? lastMs === endedMs : lastMs % everyMs === 0);
        assert.ok(lastMs - endedMs <= everyMs);
      }),
    );
  });

  it("keeps to its steps, fewer of them, where the messenger refuses edits as too many", async () => {
    const refusals = fc.array(fc.option(fc.integer({ min: 1, max: 30_000 })), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(pauses, refusals, async (pausesMs, afterMs) => {
        const outcomeOf = (edit: number): ShowOutcome => {
          const wait = afterMs[edit] ?? null;
          return wait === null ? { kind: "shown" } : { kind: "later", afterMs: wait };
        };
        const { edits, lastMs } = await grow(pausesMs, outcomeOf);
        const lastWait = afterMs[edits.length - 1] ?? null;
        if (lastWait !== null) assert.ok(lastMs - (edits.at(-1)?.atMs ?? 0) >= lastWait);
        for (const [at, { atMs }] of edits.entries()) {
          assert.equal(atMs % everyMs, 0);
          const wait = afterMs[at - 1] ?? null;
          const gapMs = atMs - (edits[at - 1]?.atMs ?? 0);
          if (wait !== null) assert.ok(gapMs >= wait, `${gapMs} ms after a wait of ${wait}`);
        }
      }),
    );
  });

  it("slows down no further than its limit, and not at all for its end", async () => {
    const flood = (): ShowOutcome => ({ kind: "later", afterMs: 1 });
    const { edits, lastMs, endedMs } = await grow(
      Array.from({ length: 200 }, () => 1_000),
      flood,
    );
    const gaps = edits.map(({ atMs }, at) => atMs - (edits[at - 1]?.atMs ?? 0));
    assert.deepEqual(gaps.slice(0, 5), [2_000, 2_000, 4_000, 8_000, 16_000]);
    assert.equal(Math.max(...gaps), slowdownMax * everyMs);
    assert.ok(lastMs - endedMs <= everyMs);
  });

  it("is given whole, at once, where it is quicker than the first step", async () => {
    const { edits, lastMs, endedMs } = await grow([everyMs - 1]);
    assert.deepEqual(edits, []);
    assert.equal(lastMs, endedMs);
  });

  it("is shown no further once it cannot be", async () => {
    const { edits } = await grow([everyMs, everyMs, everyMs], () => ({ kind: "ended" }));
    assert.equal(edits.length, 1);
  });
});
