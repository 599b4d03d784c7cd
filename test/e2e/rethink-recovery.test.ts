import assert from "node:assert/strict";
import { test } from "node:test";
import { chatsOf, startWithEmulator, until } from "./node-process.ts";

test("a detached /rethink that a kill -9 cuts off is thought over again, and answered once", async () => {
  await using both = await startWithEmulator({
    rules: [
      { callIndex: 0, reply: "It is 400." },
      { callIndex: 1, reply: "late", fault: { kind: "timeout" } },
      { reply: "It is 391." },
    ],
  });
  const { node, emulator } = both;
  const conversation = "c";
  await node.say({ text: "Calculate 17 * 23", conversation });
  const accepted = await node.say(
    { text: "/rethink", conversation },
    { token: node.owner, headers: { Prefer: "respond-async, wait=0" } },
  );
  assert.equal(accepted.status, 202, accepted.text);
  await until("the model is asked again", () => chatsOf(emulator).length === 2);
  await node.kill();
  await node.start();
  const run = await until("the run is over", async () => {
    const found = await node.ask(`/api/v1/runs/${accepted.json.id}`, { token: node.owner });
    return ["answered", "failed", "interrupted"].includes(found.json.status) && found.json;
  });
  assert.equal(run.status, "answered");
  assert.deepEqual(
    [run.answer.recursia.answer, run.answer.recursia.improved],
    ["It is 391.", "yes"],
  );
  const ended = (await node.journal("turn.answered")).filter(({ data }) =>
    JSON.stringify(data).includes(String(accepted.json.id)),
  );
  assert.equal(ended.length, 1, "it is answered once");
  assert.equal((await node.journal("turn.resumed")).length, 1);
  assert.deepEqual((await node.verify()).json.faults, []);
});
