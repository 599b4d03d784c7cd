import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import { verifyOffline } from "@adyton/core/maintenance";
import { makeCertificate } from "@adyton/emulators";
import { NodeProcess } from "../e2e/node-process.ts";
import { BotRelayProcess } from "../e2e/bot-relay-process.ts";
import { RelayProcess } from "../e2e/relay-process.ts";
import { NaiveBot } from "./telegram-chaos/naive-bot.ts";
import {
  type ChaosOutcome,
  type ChaosPlan,
  runChaos,
  type Victim,
} from "./telegram-chaos/run-chaos.ts";
import { assertOneTurnEach } from "./telegram-chaos/turns-in-journal.ts";
import { groupIds, language, ownersCount, peopleCount } from "./telegram-chaos/world-plan.ts";
import { WorldProcess } from "./telegram-chaos/world-process.ts";

// People write to the bot in private, in groups and in topics while its processes are killed, a fifth of the replies to
// what it sends are lost, answers break off at every byte, polls are cut, sends are refused for seconds, updates come
// twice and their numbers begin anew. What people saw is compared with what they are owed.
//
// Shorter runs: CHAOS_UPDATES, CHAOS_KILLS. Another one: CHAOS_SEED.

const seed = Number(process.env["CHAOS_SEED"] ?? 20_261_121);
const updates = Number(process.env["CHAOS_UPDATES"] ?? 10_000);
const kills = Number(process.env["CHAOS_KILLS"] ?? 200);
const plan: ChaosPlan = { seed, updates, kills };
const isWhole = updates >= 10_000;
const host = "api.telegram.org";
/** What the launcher starts the node with. */
const nodeEnv = {
  NODE_OPTIONS: "--max-semi-space-size=4 --max-old-space-size=256",
  MALLOC_ARENA_MAX: "2",
};
/** What a process may have of memory, in MiB: the node its heap and as much as it has beside it. */
const coreMibMax = 288;
const relayMibMax = 128;
/** By how many bytes an answer is cut at least once, of each method. */
const cutBytesMin = 250;

for (const layout of ["solo", "blind", "bot"] as const)
  it(`layout ${layout}: ${updates} messages, ${kills} kills: nothing is lost, nothing is doubled`, async (t) => {
    await using stack = new AsyncDisposableStack();
    const folder = mkdtempSync(join(tmpdir(), "adyton-chaos-"));
    stack.defer(() => rmSync(folder, { recursive: true }));
    const { world, node, relay } = await startLayout(layout, folder, stack);
    const outcome = await runChaos(world, victims(node, relay), plan);
    tellFigures(t, outcome);
    const { report, kills: killed, memoryMib } = outcome;
    assert.equal(report.faults.length, 0, storyText(outcome));
    await assertOneTurnEach(t, node, report);
    assert.equal(killed.core + killed.relay, kills, "every kill while there was work");
    assert.deepEqual(report.waits.broken, [], "the bot waits as long as it is told");
    assert.ok(report.waits.kept > 0 && report.repeated > 0 && report.renumbered > 0, "control");
    assert.ok(memoryMib.core < coreMibMax && memoryMib.relay < relayMibMax);
    if (isWhole)
      for (const method of ["sendMessage", "editMessageText", "getUpdates"])
        assert.ok((report.cutUpTo[method] ?? 0) >= cutBytesMin, `${method} was cut everywhere`);
    await assertVerifies(t, node);
  });

it("the control: a plain bot loses and doubles in the same world", async (t) => {
  const few = { seed, updates: Math.min(updates, 600), kills: Math.min(kills, 12) };
  await using world = await WorldProcess.start(few);
  await using bot = new NaiveBot(world.open);
  await bot.start();
  const outcome = await runChaos(world, [bot], few);
  tellFigures(t, outcome);
  const { faults } = outcome.report;
  assert.ok(faults.some(({ what }) => what === "lost"));
  assert.ok(faults.some(({ what }) => what === "doubled"));
});

/** A world and a node in it, with the layout's relay between them. */
async function startLayout(
  layout: "solo" | "blind" | "bot",
  folder: string,
  stack: AsyncDisposableStack,
): Promise<{
  world: WorldProcess;
  node: NodeProcess;
  relay: RelayProcess | BotRelayProcess | undefined;
}> {
  if (layout === "solo") {
    const world = stack.use(await WorldProcess.start({ seed, updates }));
    const door = [tokenLine(world, folder), `  api_root: ${world.open.apiRoot}`];
    return { world, node: stack.use(await startNode(world, door)), relay: undefined };
  }
  const certificate = makeCertificate(folder, "real", host);
  // The processes take the certificate as their own authority's.
  process.env["NODE_EXTRA_CA_CERTS"] = certificate.file;
  stack.defer(() => void delete process.env["NODE_EXTRA_CA_CERTS"]);
  const { key, cert } = certificate;
  const world = stack.use(await WorldProcess.start({ seed, updates, tls: { key, cert } }));
  const relayAt = ({ port }: { readonly port: number }) => [
    "relay:",
    `  address: 127.0.0.1:${port}`,
  ];
  if (layout === "blind") {
    const relay = stack.use(await RelayProcess.start(host, world.open.port));
    const door = [tokenLine(world, folder), "  via: blind", ...relayAt(relay)];
    return { world, node: stack.use(await startNode(world, door)), relay };
  }
  const relay = stack.use(await BotRelayProcess.start(folder, host, world.open));
  const door = ["  via: bot", ...relayAt(relay), `  link_key_file: ${relay.keyFile}`];
  return { world, node: stack.use(await startNode(world, door)), relay };
}

function tokenLine({ open }: WorldProcess, folder: string): string {
  const file = join(folder, "token");
  writeFileSync(file, open.token, { mode: 0o600 });
  return `  token_file: ${file}`;
}

function startNode({ open }: WorldProcess, door: readonly string[]): Promise<NodeProcess> {
  const everybody = Array.from({ length: peopleCount }, (_, at) => at + 1);
  const config = [
    "telegram:",
    `  owners: [${everybody.slice(0, ownersCount).join(", ")}]`,
    `  allowed_user_ids: [${everybody.slice(ownersCount).join(", ")}]`,
    `  groups: [${groupIds.join(", ")}]`,
    ...door,
    "",
  ].join("\n");
  return NodeProcess.start({ backend: open.model, language, config, env: nodeEnv });
}

function victims(
  node: NodeProcess,
  relay: RelayProcess | BotRelayProcess | undefined,
): readonly Victim[] {
  const victim = (
    name: Victim["name"],
    process: NodeProcess | RelayProcess | BotRelayProcess,
  ): Victim => ({
    name,
    get pid() {
      return process.pid;
    },
    kill: () => process.kill(),
    start: () => process.start(),
  });
  return [victim("core", node), ...(relay === undefined ? [] : [victim("relay", relay)])];
}

function tellFigures(
  t: TestContext,
  { report, kills: killed, memoryMib, seconds }: ChaosOutcome,
): void {
  const count = (what: string): number =>
    report.faults.filter((fault) => fault.what === what).length;
  const { kept, broken, killed: cut } = report.waits;
  t.diagnostic(
    `seed ${seed}: ${report.said} updates (${report.renumbered} numbered anew, ${report.repeated} given twice), ` +
      `killed core ${killed.core} relay ${killed.relay}, ${seconds.toFixed(0)} s`,
  );
  t.diagnostic(
    `lost ${count("lost")}, doubled ${count("doubled")}, disordered ${count("disordered")}, ` +
      `strange ${count("strange")}, reported ${report.reported}; left "…" ${report.placeholders}, announced ${report.announcements}`,
  );
  t.diagnostic(
    `waits kept ${kept}, broken ${broken.length}, forgotten by a kill ${cut}; peak MiB core ${memoryMib.core} relay ${memoryMib.relay}`,
  );
  t.diagnostic(
    `calls ${JSON.stringify(report.calls)}; strikes ${JSON.stringify(report.strikes)}; ` +
      `cut after each byte up to ${JSON.stringify(report.cutUpTo)}`,
  );
}

const storyText = ({ report }: ChaosOutcome): string =>
  [
    `seed ${seed}`,
    ...report.faults.slice(0, 20).map((fault) => JSON.stringify(fault)),
    ...report.story,
  ].join("\n");

async function assertVerifies(t: TestContext, node: NodeProcess): Promise<void> {
  const verified = await node.verify();
  assert.deepEqual(verified.json.faults, []);
  assert.equal(verified.json.clean, true);
  await node.stop();
  const offline = await verifyOffline(node.home);
  assert.equal(offline.clean, true, JSON.stringify(offline.faults));
  t.diagnostic(`${offline.records} records verified`);
}
