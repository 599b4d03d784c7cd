import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { type Rule, startOpenAiEmulator, startTelegramEmulator } from "@adyton/emulators";
import { BotRelayProcess } from "./bot-relay-process.ts";
import { type Certificate, makeCertificate } from "./certificate.ts";
import { NodeProcess } from "./node-process.ts";
import { inMemory } from "./process-memory.ts";

// The layout `bot` with real processes: a node without a token, the relay that has it, and Telegram behind TLS.

const host = "api.telegram.org";
const answerMsMax = 20_000;
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

it("answers by a relay that has the token, from a node that has none", async () => {
  await using telegram = await startTelegramEmulator({ tls: certificate });
  await using model = await startOpenAiEmulator({ rules: [echo] });
  await using relay = await BotRelayProcess.start(folder, host, telegram);
  const canary = "canary-5f0e77c1d2a9";
  await using node = await NodeProcess.start({ backend: model.url, config: relay.config });
  const owner = telegram.person({ id: 1 });
  owner.say(`привет ${canary}`);
  const wanted = `echo привет ${canary}`;
  await telegram.waitUntil(() => owner.answers.at(-1)?.text === wanted, answerMsMax);
  const health = await node.ask("/api/v1/health");
  assert.equal(health.json.ready, true);
  const secret = telegram.token.split(":")[1] ?? "";
  assert.equal(inMemory(node.pid, secret), 0, "the node never sees the token");
  // The control for the relay `blind`, which has neither.
  assert.ok(inMemory(relay.pid, secret) > 0);
  assert.ok(inMemory(relay.pid, canary) > 0);
});

it("loses and doubles nothing while both are killed and replies are lost", async () => {
  await using telegram = await startTelegramEmulator({ tls: certificate });
  await using model = await startOpenAiEmulator({ rules: [echo] });
  await using relay = await BotRelayProcess.start(folder, host, telegram);
  await using node = await NodeProcess.start({ backend: model.url, config: relay.config });
  telegram.setFaults([
    { kind: "lost_reply", methods: ["sendMessage", "editMessageText"], share: 0.2 },
  ]);
  const people = [telegram.person({ id: 1 }), telegram.person({ id: 2 })];
  const rounds = 4;
  for (let round = 0; round < rounds; round += 1) {
    for (const person of people) person.say(`question ${round}`);
    await new Promise((resolve) => setTimeout(resolve, 97 * round));
    const killed = round % 2 === 0 ? relay : node;
    await killed.kill();
    await killed.start();
  }
  const wanted = Array.from({ length: rounds }, (_, round) => `echo question ${round}`);
  await telegram.waitUntil(
    () => people.every(({ answers }) => answers.some(({ text }) => text === wanted.at(-1))),
    answerMsMax,
  );
  for (const { answers } of people)
    assert.deepEqual(
      answers.map(({ text }) => text).filter((text) => text !== "…" && !text.startsWith("The")),
      wanted,
    );
  const asked = await node.journal("turn.received");
  assert.equal(asked.length, rounds * people.length, "each was taken once");
});
