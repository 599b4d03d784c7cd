import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import {
  type Certificate,
  makeCertificate,
  type OpenAiEmulator,
  startOpenAiEmulator,
  startTelegramEmulator,
  type TelegramEmulator,
} from "@adyton/emulators";
import { readsDocuments } from "./sent-documents.ts";
import { NodeProcess } from "./node-process.ts";
import { inMemory } from "./process-memory.ts";
import { RelayProcess } from "./relay-process.ts";
import { answersTo } from "./bot-answers.ts";

// The layout `blind` with real processes: a node, the relay's forwarder, and Telegram behind TLS. What the internet
// would resolve, run-relay.ts resolves to the loopback.

const host = "api.telegram.org";
const canary = "canary-b7d1c0aa93f24e58";
const answerMsMax = 20_000;
let folder: string;
let real: Certificate;
let forged: Certificate;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "adyton-blind-"));
  real = makeCertificate(folder, "real", host);
  forged = makeCertificate(folder, "forged", host);
  process.env["NODE_EXTRA_CA_CERTS"] = real.file;
});

after(() => {
  delete process.env["NODE_EXTRA_CA_CERTS"];
  rmSync(folder, { recursive: true });
});

async function startNode(
  telegram: TelegramEmulator,
  model: OpenAiEmulator,
  relay: number,
): Promise<NodeProcess> {
  const file = join(folder, "token");
  writeFileSync(file, telegram.token, { mode: 0o600 });
  const config = [
    "telegram:",
    `  token_file: ${file}`,
    "  owners: [1]",
    "  via: blind",
    "relay:",
    `  address: 127.0.0.1:${relay}`,
    "",
  ].join("\n");
  return NodeProcess.start({ backend: model.url, config });
}

it("answers through a relay that can read nothing of it", async () => {
  await using telegram = await startTelegramEmulator({ tls: real });
  await using relay = await RelayProcess.start(host, telegram.port);
  await using model = await startOpenAiEmulator();
  await using node = await startNode(telegram, model, relay.port);
  const owner = telegram.person({ id: 1 });
  owner.say(`describe the ${canary}`);
  await telegram.waitUntil(() => answersTo(owner).some(({ text }) => text !== "…"), answerMsMax);
  await readsDocuments(telegram, model);
  assert.ok(inMemory(node.pid, canary) > 0, "the control: the node has it");
  assert.equal(inMemory(relay.pid, canary), 0);
  const secret = telegram.token.split(":")[1] ?? "";
  assert.ok(inMemory(node.pid, secret) > 0);
  assert.equal(inMemory(relay.pid, secret), 0);
  const opened = readdirSync(`/proc/${relay.pid}/fd`).length;
  assert.ok(opened < 60, `${opened} files and connections are open`);
});

it("refuses a man in the middle", async () => {
  await using impostor = await startTelegramEmulator({ tls: forged });
  await using relay = await RelayProcess.start(host, impostor.port);
  await using model = await startOpenAiEmulator();
  await using node = await startNode(impostor, model, relay.port);
  const part = async () => {
    const { json } = await node.ask("/api/v1/health", { token: node.owner });
    return {
      ready: json.ready,
      ...json.parts.find(({ name }: { name: string }) => name === "telegram"),
    };
  };
  const deadline = Date.now() + answerMsMax;
  while (!/CERT/.test((await part()).detail ?? "") && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const { ready, status, detail } = await part();
  assert.deepEqual([ready, status], [false, "degraded"]);
  assert.match(detail, /CERT/);
  assert.equal(impostor.callsSeen, 0, "nothing was said to it");
});
