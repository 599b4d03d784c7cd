import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type {
  AskCall,
  AskOutcome,
  Policy,
  Step,
} from "../../packages/core/src/domain/recursia/asking.ts";
import { runChecks } from "../../packages/core/src/domain/recursia/checker.ts";
import { checkersFor } from "../../packages/core/src/domain/recursia/checkers.ts";
import { finalAnswer } from "../../packages/core/src/domain/recursia/discrete.ts";
import { recurse } from "../../packages/core/src/domain/recursia/recurse.ts";

// The controller with models of a model: answerers that are right with a known probability and harmed by revising with
// another. It shows that the control logic cannot make answers worse, not how good any real model is.

const seeds = 500;
const allSeeds = Array.from({ length: seeds }, (_, index) => index);

/** Numbers in [0, 1) from a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Answerer {
  readonly right: number;
  /** What a revision does to a right and to a wrong answer. */
  readonly spoils: number;
  readonly mends: number;
}

const answerers: Readonly<Record<string, Answerer>> = {
  "grade-school": { right: 0.758, spoils: 0.116, mends: 0.315 },
  commonsense: { right: 0.758, spoils: 0.5, mends: 0.06 },
  hard: { right: 0.448, spoils: 0.3, mends: 0.2 },
};

const policy: Policy = { calls: 8, tokens: 12_000, wallMs: 90_000, depth: "fast", patience: 2 };

interface Played {
  readonly first: string;
  readonly answer: string;
  readonly calls: number;
  readonly ungated: string;
  readonly steps: readonly Step[];
}

async function play(
  seed: number,
  question: string,
  answerer: Answerer,
  value: number,
): Promise<Played> {
  const random = seeded(seed);
  const wrong = (): number => value + 1 + Math.floor(random() * 18);
  const say = (isRight: boolean): string => `Answer: ${isRight ? value : wrong()}`;
  const isRight = (text: string): boolean => finalAnswer(text, "number") === String(value);
  const state = { first: "", calls: 0 };
  const reply = ({ purpose, messages }: AskCall): string => {
    if (purpose !== "revise") return say(random() < answerer.right);
    const before = messages[0]?.content ?? "";
    return say(isRight(before) ? random() >= answerer.spoils : random() < answerer.mends);
  };
  const ask = async (call: AskCall): Promise<AskOutcome> => {
    state.calls += 1;
    // A model server fails now and then; never before there is an answer to keep.
    if (state.calls > 1 && random() < 0.02) return { kind: "stopped", reason: "upstream", ms: 5 };
    const text = reply(call);
    if (state.calls === 1) state.first = text;
    return { kind: "answered", text, inTokens: 40, outTokens: 8, ms: 5 };
  };
  const steps: Step[] = [];
  const outcome = await recurse(
    { question, windowTokens: 8_192, findPassages: async () => [] },
    {
      ask,
      policy,
      count: (text) => Math.ceil(text.length / 4),
      nonce: "0f1e2d3c4b5a",
      onStep: (step) => void steps.push(step),
    },
  );
  assert.equal(outcome.kind, "answered", `seed ${seed}`);
  assert.equal(outcome.cost.calls, state.calls, `seed ${seed}: every call is counted`);
  // What an ungated controller does, as the positive control: two revisions, each accepted.
  let ungated = state.first;
  for (let revision = 0; revision < 2; revision += 1)
    ungated = say(isRight(ungated) ? random() >= answerer.spoils : random() < answerer.mends);
  return { first: state.first, answer: outcome.result.answer, calls: state.calls, ungated, steps };
}

async function playAll(
  question: (seed: number) => readonly [text: string, value: number],
  answerer: Answerer,
) {
  const counts = { single: 0, controlled: 0, ungated: 0, calls: 0 };
  for (const seed of allSeeds) {
    const [text, value] = question(seed);
    const played = await play(seed, text, answerer, value);
    const isRight = (said: string): number => Number(finalAnswer(said, "number") === String(value));
    counts.single += isRight(played.first);
    counts.controlled += isRight(played.answer);
    counts.ungated += isRight(played.ungated);
    counts.calls += played.calls;
    assert.ok(played.calls <= policy.calls, `seed ${seed}: ${played.calls} calls`);
    assert.equal(played.steps.at(-1)?.kind, "stop", `seed ${seed}`);
    const checkers = checkersFor(text, "en");
    const before = runChecks(checkers, played.first).faults;
    const after = runChecks(checkers, played.answer).faults;
    assert.ok(
      after.every((count, index) => count <= (before[index] ?? 0)),
      `seed ${seed}: a worse revision was returned`,
    );
  }
  const share = (count: number): number => count / allSeeds.length;
  return {
    single: share(counts.single),
    controlled: share(counts.controlled),
    ungated: share(counts.ungated),
    calls: counts.calls / allSeeds.length,
  };
}

const checked = (seed: number): readonly [string, number] => {
  const [a, b] = [(seed % 83) + 12, (seed % 47) + 11];
  return [`Calculate ${a} * ${b}`, a * b];
};
const voted = (seed: number): readonly [string, number] => [
  seed % 2 === 0 ? "How many stones are in the bag?" : "Сколько камней в мешке?",
  (seed % 900) + 100,
];

describe("RECURSIA over modelled answerers", () => {
  for (const [name, answerer] of Object.entries(answerers)) {
    it(`with a check is right more often than one draft: ${name}`, async () => {
      const { single, controlled, calls } = await playAll(checked, answerer);
      assert.ok(controlled >= single, `${controlled} against ${single}`);
      assert.ok(calls < policy.calls / 2, `${calls} calls on average`);
    });

    it(`by votes loses at most one in a hundred to one draft: ${name}`, async () => {
      const { single, controlled, calls } = await playAll(voted, answerer);
      assert.ok(controlled >= single - 0.01, `${controlled} against ${single}`);
      assert.ok(calls > 2 && calls <= 5, `${calls} calls on average`);
    });
  }

  it("would lose without its gate: the control", async () => {
    const { single, ungated } = await playAll(checked, answerers["commonsense"] ?? assert.fail());
    assert.ok(ungated < single - 0.2, `${ungated} against ${single}`);
  });
});
