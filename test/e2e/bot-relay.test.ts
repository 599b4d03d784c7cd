import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import {
  type Certificate,
  makeCertificate,
  type Rule,
  startOpenAiEmulator,
  startTelegramEmulator,
} from "@adyton/emulators";
import { BotRelayProcess } from "./bot-relay-process.ts";
import { readsDocuments } from "./sent-documents.ts";
import { NodeProcess } from "./node-process.ts";
import { inMemory } from "./process-memory.ts";
import { answersTo } from "./bot-answers.ts";

// The layout `bot` with real processes: a node without a token, the relay that has it, and Telegram behind TLS.

const host = "api.telegram.org";
const answerMsMax = 40_000;
/** Repeats the question, so that each answer tells whose it is. */
const echo: Rule = { reply: ({ messages }) => `echo ${messages.at(-1)?.text ?? ""}` };
let folder: string;
let certificate: Certificate;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-bot-"));
  certificate = makeCertificate(folder, "real", host);
  process.env["NODE_EXTRA_CA_CERTS"] = certificate.file;
});

after(() => {
  delete process.env["NODE_EXTRA_CA_CERTS"];
  rmSync(folder, { recursive: true });
});

it("answers by a relay that has the token, from a node that has none, while both are killed", async () => {
  await using telegram = await startTelegramEmulator({ tls: certificate });
  await using model = await startOpenAiEmulator({ rules: [echo] });
  await using relay = await BotRelayProcess.start(folder, host, telegram);
  const canary = "canary-5f0e77c1d2a9";
  await using node = await NodeProcess.start({ backend: model.url, config: relay.config });
  const owner = telegram.person({ id: 1 });
  owner.say(`привет ${canary}`);
  const wanted = `echo привет ${canary}`;
  await telegram.waitUntil(() => answersTo(owner).at(-1)?.text === wanted, answerMsMax);
  await readsDocuments(telegram, model);
  const asked = (await node.journal("turn.received")).length;
  const health = await node.ask("/api/v1/health");
  assert.equal(health.json.ready, true);
  // Whoever takes over the relay could write in the owner's name: what is the owner's needs a word on this machine.
  const tierOf = async (question: string): Promise<unknown> => {
    owner.say(question);
    const isAnswered = () => answersTo(owner).at(-1)?.text === `echo ${question}`;
    await telegram.waitUntil(isAnswered, answerMsMax);
    const turn = (await node.journal("turn.received")).at(-1);
    return [turn?.["tier"], turn?.["owner"]];
  };
  const confirm = (method: string, path = "", body?: object) =>
    node.ask(`/api/v1/confirmations${path}`, { token: node.owner, method, body });
  assert.deepEqual(await tierOf("one"), ["member", "telegram:1"]);
  assert.equal((await confirm("POST", "", { user: 1 })).status, 201);
  assert.deepEqual(await tierOf("two"), ["owner", "owner"]);
  assert.equal((await confirm("DELETE", "/1")).status, 200);
  assert.deepEqual(await tierOf("three"), ["member", "telegram:1"]);
  const secret = telegram.token.split(":")[1] ?? "";
  assert.equal(inMemory(node.pid, secret), 0, "the node never sees the token");
  // The control for the relay `blind`, which has neither.
  assert.ok(inMemory(relay.pid, secret) > 0);
  assert.ok(inMemory(relay.pid, canary) > 0);

  // Both are killed with messages under way. What was answered is answered once.
  const people = [owner, telegram.person({ id: 2 })];
  const earlier = answersTo(owner).length;
  for (const killed of [relay, node]) {
    for (const person of people) person.say(`before the end of ${killed.constructor.name}`);
    await telegram.waitUntil(() => telegram.pending < people.length, answerMsMax);
    await killed.kill();
    await killed.start();
  }
  const last = "echo before the end of NodeProcess";
  const isAnswered = () => people.every((person) => answersTo(person).at(-1)?.text === last);
  await telegram.waitUntil(isAnswered, answerMsMax);
  for (const [index, person] of people.entries()) {
    const texts = answersTo(person)
      .slice(index === 0 ? earlier : 0)
      .map(({ text }) => text);
    const expected = ["echo before the end of BotRelayProcess", last];
    // A placeholder has no content.
    assert.deepEqual(
      texts.filter((text) => text !== "…"),
      expected,
    );
  }
  const taken = await node.journal("turn.received");
  assert.equal(taken.length, asked + 3 + 2 * people.length, "each was taken once");
});
