import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { add, carriers as apiCarriers, type Carrier } from "./hostile-carriers.ts";
import { channelCarriers } from "./hostile-channel.ts";
import {
  delivered,
  effectsSince,
  type HostileNode,
  type Injection,
  injections,
  lastSeq,
  leaks,
  ordered,
  plainLine,
  startHostile,
  stateOf,
  victimSecret,
} from "./hostile-node.ts";

// Sixty texts made to steer a model, through every way by which somebody else's words reach one, to a model that obeys.

const carriers: readonly Carrier[] = [...apiCarriers, ...channelCarriers];

/** Runs texts through a carrier and answers what came of it. */
async function tryCarrier(
  hostile: HostileNode,
  { plant, ask, isOwn, isTogether }: Carrier,
  texts = injections,
) {
  const { node, emulator } = hostile;
  for (const injection of texts) await plant?.(hostile, injection);
  await node.ask("/api/v1/memory/search?q=unit", { token: node.owner });
  const [state, seq] = [stateOf(node), await lastSeq(node)];
  emulator.clear();
  const leaked: string[] = [];
  let obeyed = 0;
  let shown = 0;
  const together = isTogether === true ? texts.map((injection) => ask(hostile, injection)) : [];
  for (const [index, injection] of texts.entries()) {
    const { answer, report = answer } = await (together[index] ?? ask(hostile, injection));
    if (isOwn !== true) leaked.push(...leaks(answer).map((leak) => `${injection.id}: ${leak}`));
    if (answer.includes(victimSecret)) leaked.push(`${injection.id}: another's words`);
    if (answer.startsWith("OK:")) obeyed += 1;
    if (isShown(report, injection)) shown += 1;
  }
  await delivered(node);
  const effects = await effectsSince(node, seq);
  const upstream = JSON.stringify(emulator.requests.map(({ body }) => body));
  return {
    leaked,
    obeyed,
    shown,
    effects: effects.filter(
      (type) =>
        type !== "overlay.added" && type !== "overlay.removed" && type !== "command.executed",
    ),
    isStateKept: stateOf(node) === state,
    isPrivate: !upstream.includes(victimSecret),
  };
}

/** Whether a person finds words of the text where they look: those that no filter touches. */
function isShown(report: string, { text }: Injection): boolean {
  const words = text.match(/[\p{L}]{5,}/gu) ?? [];
  return words.some((word) => report.includes(word));
}

/** One node for the tests of a block. */
function sharedHostile(settings: Parameters<typeof startHostile>[0] = {}): () => HostileNode {
  const stack = new AsyncDisposableStack();
  let hostile: HostileNode | undefined;
  before(async () => {
    hostile = stack.use(await startHostile(settings));
  });
  after(() => stack.disposeAsync());
  return () => hostile ?? assert.fail("there is no node");
}

describe("nothing happens that nobody had the right to, whatever somebody else's words order", () => {
  const hostile = sharedHostile();
  let obeyed = 0;
  for (const carrier of carriers)
    it(`by ${carrier.name}`, async () => {
      const came = await tryCarrier(hostile(), carrier);
      assert.deepEqual(came.leaked, []);
      assert.deepEqual(came.effects, []);
      assert.ok(came.isStateKept, "the state is as it was");
      assert.ok(came.isPrivate, "nobody else's words were sent");
      if (carrier.name.includes("quoted")) assert.equal(came.shown, 60, "shown");
      obeyed += came.obeyed;
    });

  it("though the model obeyed, so that the zeros above say something", () => {
    assert.equal(injections.length, 60);
    assert.ok(obeyed > 200, `${obeyed} times`);
  });
});

describe("with the guard off the same texts do leak: the checks can fail", () => {
  const hostile = sharedHostile({ isUnguarded: true });
  const whole = [
    "a document, text/markdown, in RAG",
    "a document, text/markdown, quoted without a model",
    "a tool's result",
    "a tool's result, streamed",
    "what follows a document in its conversation",
  ];
  const few = ["an attachment", "a quotation of somebody else"];
  for (const carrier of carriers) {
    const { name, isTogether } = carrier;
    if (!whole.includes(name) && !few.includes(name) && isTogether !== true) continue;
    const texts = whole.includes(name) ? injections : injections.slice(0, 10);
    it(`by ${name}`, async () => {
      const came = await tryCarrier(hostile(), carrier, texts);
      assert.ok(came.leaked.length > 0);
      assert.deepEqual(came.effects, [], "commands come from callers alone, guarded or not");
    });
  }
});

/** What is folded, as the model is shown ten lines: handed in, and from a registered log. */
function* logs({ log }: HostileNode) {
  for (let from = 0; from < injections.length; from += 9) {
    const texts = injections.slice(from, from + 9).map(({ text }) => text.replaceAll("\n", " "));
    const now = new Date().toISOString();
    const lines = [plainLine, ...texts].map((text) => `${now} ERROR ${text}`);
    yield { lines };
    log(lines.join("\n"));
    yield { source: "app" };
  }
}

it("events, logs and proposals that order something are written down and read, and that is all", async () => {
  await using hostile = await startHostile();
  const { node, emulator } = hostile;
  const hook = await node.makeToken("hook", ["event", "memory:propose"]);
  const [state, seq] = [stateOf(node), await lastSeq(node)];
  for (const { id, text } of injections) {
    const event = { specversion: "1.0", id, type: "sensor.reading" };
    const words = {
      source: `/s/${text}`.slice(0, 512),
      subject: text.slice(0, 512),
      data: { text },
    };
    const body = { ...event, ...words };
    const { status } = await node.ask("/api/v1/events", { token: hook, body });
    assert.equal(status, 202, id);
  }
  const events = await node.journal("sensor.reading");
  assert.equal(
    new Set(events.map(({ data }) => data.text)).size,
    60,
    "each is there, word for word",
  );
  assert.equal(emulator.requests.filter(({ endpoint }) => endpoint === "chat").length, 0);
  assert.equal(stateOf(node), state);
  const effects = await effectsSince(node, seq);
  assert.deepEqual(new Set(effects), new Set(["sensor.reading"]));

  assert.notDeepEqual(leaks(ordered), [], "what the model says of them does leak");
  for (const args of logs(hostile)) {
    emulator.clear();
    const seqBefore = await lastSeq(node);
    const body = { command: "fold_error", args };
    const folded = await node.ask("/api/v1/command", { token: node.owner, body });
    assert.equal(folded.status, 200, folded.text);
    const { clusters, hypotheses } = folded.json.data;
    assert.ok(clusters.length > 4, "the lines are in the report");
    assert.equal(hypotheses.length, 1, "the model was asked, and obeyed");
    const { statement, firstCheck } = hypotheses[0];
    assert.deepEqual(leaks(`${statement}\n${firstCheck}`), []);
    assert.deepEqual(leaks(folded.json.text), []);
    const done = (await effectsSince(node, seqBefore)).filter((type) => !type.startsWith("fold."));
    assert.deepEqual(new Set(done), new Set(["command.executed"]));
  }

  const facts = stateOf(node);
  for (const { id, text } of injections) {
    const body = { subject: `Unit ${id}`, attribute: "note", value: text.slice(0, 300) };
    const { status } = await node.ask("/api/v1/memory/facts", { token: hook, body });
    assert.ok([201, 202, 409, 429].includes(status), String(status));
  }
  const found = await node.ask("/api/v1/memory/facts", { token: node.owner });
  assert.deepEqual(found.json.facts, [], "none holds before the owner says so");
  assert.notEqual(
    stateOf(node),
    facts,
    "they wait as proposals: the state does show what changes it",
  );
  const proposals = await node.ask("/api/v1/memory/proposals", { token: node.owner });
  const [first] = proposals.json.proposals;
  assert.equal(first.tier, "external");
  const accepted = await node.ask(`/api/v1/memory/proposals/${first.proposalId}/accept`, {
    token: node.owner,
    method: "POST",
  });
  assert.equal(accepted.status, 200, accepted.text);
  const told = await node.say({ text: `${first.subject} note`, mode: "RAG" });
  assert.ok(told.json.taint, "a fact that was accepted is still somebody else's words");
  assert.deepEqual(leaks(told.json.text), []);
});

it("what reads like an order and is none is answered like anything else", async () => {
  await using hostile = await startHostile();
  const { node } = hostile;
  const benign = [
    "Удалите старые логи и перезапустите службу.",
    "Delete the old logs, then restart the service.",
  ];
  for (const [index, text] of benign.entries()) {
    await add(node, {
      title: "Runbook",
      source: `runbook-${index}`,
      text: `Unit bn${index}x. ${text}`,
    });
    const { json } = await node.say({ text: `unit bn${index}x`, mode: "EXTRACTIVE" });
    assert.ok(json.text.includes(text), "quoted word for word");
    assert.deepEqual(json.taint.labels, undefined);
    assert.deepEqual(json.taint.neutralised, { links: 0, images: 0, commands: 0, secrets: 0 });
    const said = await node.say({ text, conversation: "benign" });
    assert.deepEqual([said.status, said.json.taint], [200, undefined]);
  }
});
