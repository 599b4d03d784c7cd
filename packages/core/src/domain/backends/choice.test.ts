import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Candidate, chooseNext, type Credits, serving } from "./choice.ts";

const none: Credits = new Map();
const server = (name: string, more: Partial<Candidate> = {}): Candidate => ({
  name,
  weight: 1,
  concurrency: 4,
  inFlight: 0,
  status: "ok",
  ...more,
});

/** The names taken by so many choices among the same candidates. */
function taken(candidates: readonly Candidate[], choices: number): string[] {
  let credits = none;
  return Array.from({ length: choices }, () => {
    const choice = chooseNext(candidates, { credits });
    credits = choice.credits;
    return choice.name ?? "nobody";
  });
}

describe("the choice of a model server", () => {
  const names = (candidates: readonly Candidate[]) => serving(candidates).map(({ name }) => name);
  const down = { status: "degraded" } as const;
  const spare = { weight: 0 };
  const ranks: ReadonlyArray<readonly [what: string, candidates: Candidate[], serve: string[]]> = [
    ["nobody", [], []],
    ["those that work", [server("a"), server("b", down)], ["a"]],
    ["those nobody has asked yet", [server("a", { status: "unknown" }), server("b")], ["a", "b"]],
    ["no spare while another works", [server("a"), server("s", spare)], ["a"]],
    [
      "no spare while another works, however busy",
      [server("a", { inFlight: 4 }), server("s", spare)],
      ["a"],
    ],
    ["the spare that works", [server("a", down), server("s", spare)], ["s"]],
    ["all when all are down", [server("a", down), server("s", { ...spare, ...down })], ["a", "s"]],
  ];
  for (const [what, candidates, serve] of ranks)
    it(`lets serve: ${what}`, () => assert.deepEqual(names(candidates), serve));

  it("spreads the shares evenly over a round", () => {
    const weighted = [server("a", { weight: 5 }), server("b"), server("c")];
    assert.equal(taken(weighted, 7).join(""), "aabacaa");
    assert.deepEqual(taken(weighted, 7), taken(weighted, 14).slice(7));
  });

  it("takes the conversation's last server while that serves and has room, else another", () => {
    const choose = (candidates: readonly Candidate[]) =>
      chooseNext(candidates, { credits: none, preferred: "b" }).name;
    assert.equal(choose([server("a", { weight: 9 }), server("b")]), "b");
    assert.equal(choose([server("a"), server("b", { inFlight: 3 })]), "b");
    assert.equal(choose([server("a"), server("b", { inFlight: 4 })]), "a");
    assert.equal(choose([server("a"), server("b", down)]), "a");
    assert.equal(choose([server("a")]), "a");
  });

  it("takes nobody while all that serve are busy, and charges nobody for it", () => {
    const busy = [server("a", { inFlight: 4 }), server("b", down)];
    assert.deepEqual(chooseNext(busy, { credits: none }), { name: undefined, credits: none });
    assert.equal(chooseNext([], { credits: none }).name, undefined);
  });
});
