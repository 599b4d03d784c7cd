import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FactRequest, Proposal, proposalsOfSourceMax, proposalsWaitingMax } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import type { Principal } from "../ports/http.ts";
import { openApp, type OpenApp, person, proposalMs } from "./test/app-fixture.ts";
import { owner } from "./tokens.ts";

const refused = (code: string) => (error: unknown) =>
  error instanceof ProblemError && error.problem.code === code;

/** A program of the owner's that may hand in things, and may not write. */
const hook: Principal = {
  id: "token:hook",
  tier: "external",
  grants: ["event", "memory:propose"],
  person: "owner",
};
const anna = person("anna", "say", "memory:read", "memory:propose");

const request = (value: string, more: object = {}): FactRequest =>
  FactRequest.parse({ subject: "Котёл", attribute: "давление", value, ...more });

const values = (app: OpenApp, by: Principal): string[] =>
  app.facts.list({}, by).facts.map(({ value }) => value);
const waiting = (app: OpenApp, by: Principal): string[] =>
  app.proposals.list(by).proposals.map(({ value }) => value);

describe("proposed facts", () => {
  it("are found by nobody until the owner accepts them, and then with their source's tier", async () => {
    await using app = await openApp();
    const proposal = Proposal.parse(await app.proposals.propose(request("9 бар"), hook));
    assert.deepEqual([proposal.tier, proposal.source], ["external", "token:hook"]);
    assert.deepEqual(values(app, owner), []);
    const query = { query: "давление котла", owners: ["owner"], limit: 5 };
    assert.deepEqual((await app.memory.find(query)).hits, []);
    app.clock.ms += 1_000;
    const fact = await app.proposals.accept(proposal.proposalId, owner);
    assert.deepEqual(
      [fact.tier, fact.source, fact.sourceEventId, fact.status],
      ["external", "token:hook", proposal.seq, "holds"],
    );
    assert.equal((await app.memory.find(query)).hits[0]?.tier, "external");
    assert.deepEqual(waiting(app, owner), []);
    assert.deepEqual(await app.proposals.accept(proposal.proposalId, owner), fact, "twice as once");
    assert.equal(app.records.after(0, 500, "memory.fact.stored").length, 1);
    await assert.rejects(app.proposals.reject(proposal.proposalId, owner), refused("conflict"));
  });

  it("that are rejected are gone, and cannot be accepted any more", async () => {
    await using app = await openApp();
    const { proposalId } = await app.proposals.propose(request("9 bar"), hook);
    await app.proposals.reject(proposalId, owner);
    await app.proposals.reject(proposalId, owner);
    assert.equal(app.records.after(0, 500, "memory.proposal.rejected").length, 1);
    assert.deepEqual(waiting(app, owner), []);
    await assert.rejects(app.proposals.accept(proposalId, owner), refused("conflict"));
    assert.deepEqual(values(app, owner), []);
  });

  it("expire at their time", async () => {
    await using app = await openApp();
    const { proposalId } = await app.proposals.propose(request("9 бар"), hook);
    app.clock.ms += proposalMs - 1;
    assert.deepEqual(waiting(app, owner), ["9 бар"]);
    app.clock.ms += 1;
    assert.deepEqual(waiting(app, owner), []);
    await assert.rejects(app.proposals.accept(proposalId, owner), refused("conflict"));
  });

  it("belong to whom they were proposed for, and are shown to the owner and their source alone", async () => {
    await using app = await openApp();
    const boris = person("boris", "say", "memory:read", "memory:write");
    const { proposalId } = await app.proposals.propose(request("малина"), anna);
    assert.deepEqual(waiting(app, anna), ["малина"]);
    assert.deepEqual(waiting(app, owner), ["малина"]);
    for (const other of [boris, hook]) {
      assert.deepEqual(waiting(app, other), []);
      await assert.rejects(app.proposals.accept(proposalId, other), refused("not_found"));
      await assert.rejects(app.proposals.reject(proposalId, other), refused("not_found"));
    }
    await assert.rejects(app.proposals.accept(proposalId, anna), refused("not_found"));
    await app.proposals.accept(proposalId, owner);
    assert.deepEqual(values(app, anna), ["малина"]);
    for (const other of [owner, boris]) assert.deepEqual(values(app, other), []);
  });

  it("wait at most so many of one source, and so many in all", async () => {
    await using app = await openApp();
    const of = (index: number): Principal => ({ ...hook, id: `token:hook${index}` });
    const fill = (count: number, by: Principal) =>
      Promise.all(
        Array.from({ length: count }, (_, n) => app.proposals.propose(request(`${n}`), by)),
      );
    await fill(proposalsOfSourceMax, of(0));
    await assert.rejects(fill(1, of(0)), refused("busy"));
    for (let index = 1; index < proposalsWaitingMax / proposalsOfSourceMax; index += 1)
      await fill(proposalsOfSourceMax, of(index));
    assert.equal(app.proposals.countFor(owner), proposalsWaitingMax);
    await assert.rejects(fill(1, of(99)), refused("busy"));
    const [first] = app.proposals.list(owner).proposals;
    await app.proposals.reject(first?.proposalId ?? "", owner);
    await fill(1, of(99));
  });

  it("that do not fit, or have ended before they are accepted, are refused", async () => {
    await using app = await openApp();
    const at = (ms: number): string => new Date(app.clock.ms + ms).toISOString();
    const past = request("x", { validTo: at(-1) });
    await assert.rejects(app.proposals.propose(past, hook), refused("invalid_body"));
    const soon = request("y", { validTo: at(1_000) });
    const { proposalId } = await app.proposals.propose(soon, hook);
    app.clock.ms += 1_000;
    await assert.rejects(app.proposals.accept(proposalId, owner), refused("conflict"));
  });
});
