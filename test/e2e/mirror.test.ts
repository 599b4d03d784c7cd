import assert from "node:assert/strict";
import { test } from "node:test";
import { MirrorReport, ResonanceResult } from "@adyton/protocol";
import { startWithEmulator } from "./node-process.ts";

// mirror_self and /resonance through the node's own doors.

test("mirror_self is the same as a bare word, as a slash form and as a typed call", async () => {
  await using both = await startWithEmulator();
  const { node } = both;
  const conversation = "m";
  await node.say({ text: "Привет. Насос заменили весной.", conversation });
  const before = (await node.journal("turn.answered")).length;
  const typed = await node.ask("/api/v1/command", {
    token: node.owner,
    body: { command: "mirror_self", conversation },
  });
  const reports = [
    (await node.say({ text: "mirror_self", conversation })).json.data,
    (await node.say({ text: "/mirror", conversation })).json.data,
    (await node.say({ text: '/resonance "Перепроверьте контекст ядра"', conversation })).json.data,
    typed.json.data,
  ];
  const [bare, slash, led, called] = reports;
  const understood = ResonanceResult.parse(led);
  assert.deepEqual([understood.command, understood.by], ["mirror_self", "phrase"]);
  for (const data of [bare, slash, understood.result, called]) {
    const { checks, canary, subject } = MirrorReport.parse(data);
    assert.deepEqual(canary, { 10: 1, 50: 1, 90: 1 });
    assert.equal(subject.conversationId, conversation);
    const model = checks.filter(({ kind }) => kind === "model");
    assert.deepEqual(
      model.map(({ id, status }) => `${id} ${status}`),
      ["M1 ok", "M2 ok", "M3 ok", "M4 ok", "M5 ok", "M6 ok"],
    );
  }
  assert.equal((await node.journal("turn.answered")).length, before, "no turn was made");
  assert.equal(
    (await node.journal("judge.measured")).length,
    1,
    "measured anew, but not otherwise",
  );
});

test("an OpenAI client that says the words talks to the model", async () => {
  await using both = await startWithEmulator();
  const { node } = both;
  for (const content of ["mirror_self", '/resonance "перепроверь контекст ядра"']) {
    const messages = [{ role: "user", content }];
    const said = await node.ask("/v1/chat/completions", { body: { model: "adyton", messages } });
    assert.equal(said.status, 200, said.text);
  }
  assert.deepEqual(await node.journal("command.executed"), []);
  await node.say({ text: "mirror_self" });
  assert.equal((await node.journal("command.executed")).length, 1, "the control");
});
