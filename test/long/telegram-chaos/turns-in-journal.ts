import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { NodeProcess } from "../../e2e/node-process.ts";
import type { WorldReport } from "./world-plan.ts";

/** How often the node begins a turn under which it dies. */
const beginningsMax = 3;

/**
 * The journal holds one turn for each question, with one answer, and one delivered reply for each message. What members
 * say is withheld from the owner, so runs and replies are counted by their ids; their words are judged where people see
 * them.
 */
export async function assertOneTurnEach(
  t: TestContext,
  node: NodeProcess,
  { said, questions, reported }: WorldReport,
): Promise<void> {
  const received = await node.journal("turn.received");
  const answered = await node.journal("turn.answered");
  const failed = await node.journal("turn.failed");
  const resumed = await node.journal("turn.resumed");
  t.diagnostic(
    `journal: ${received.length} received, ${answered.length} answered, ${failed.length} failed, ${resumed.length} resumed`,
  );
  assert.deepEqual(
    failed.map((record) => record["facts"].code),
    Array(reported).fill("interrupted"),
  );
  for (const { facts } of failed) {
    const again = resumed.filter((record) => record["facts"].run === facts.run).length;
    assert.equal(again, beginningsMax - 1, "given up only after the last beginning");
  }
  const opened = await node.journal("delivery.opened");
  const closed = await node.journal("delivery.closed");
  for (const [records, id, count] of [
    [received, "run", questions],
    [answered, "run", questions - reported],
    [opened, "delivery", said],
    [closed, "delivery", said],
  ] as const) {
    const ids = records.map((record) => String(record["facts"][id]));
    const type = String(records[0]?.["type"]);
    assert.equal(ids.length, count, `${type}: as many as there were messages`);
    assert.equal(new Set(ids).size, count, `${type}: once each`);
  }
  assert.deepEqual(
    closed.filter((record) => record["facts"].outcome !== "delivered"),
    [],
  );
}
