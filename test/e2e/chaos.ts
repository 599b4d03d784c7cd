import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { TestContext } from "node:test";
import { verifyOffline } from "@adyton/core/maintenance";
import { startOpenAiEmulator } from "@adyton/emulators";
import type { Answer } from "./http-client.ts";
import { NodeProcess, type Notice, until } from "./node-process.ts";

// Clients that repeat each request under its key until it is acknowledged, against a node that is killed at random
// moments. What a client was told is compared with the journal afterwards.

export interface ChaosPlan {
  readonly seed: number;
  readonly items: number;
  readonly kills: number;
  readonly clients: number;
  /** False: the same repetitions without keys, to show that the check can fail. */
  readonly keyed?: boolean;
}

const kinds = ["sync", "detached", "streamed", "event"] as const;
interface Item {
  readonly kind: (typeof kinds)[number];
  readonly name: string;
  readonly conversation: string;
}
interface Acknowledged extends Item {
  /** The run, or the event's record. */
  readonly id: string;
  readonly answer: string | undefined;
  readonly tries: number;
}

export interface ChaosOutcome extends AsyncDisposable {
  readonly node: NodeProcess;
  readonly acknowledged: readonly Acknowledged[];
  readonly kills: number;
  readonly plan: ChaosPlan;
}

/** Park and Miller's generator: a run can be repeated from its seed. */
function seeded(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const itemMsMax = 120_000;

export async function runChaos(plan: ChaosPlan): Promise<ChaosOutcome> {
  await using stack = new AsyncDisposableStack();
  const emulator = stack.use(
    await startOpenAiEmulator({
      rules: [{ reply: (request) => `heard ${request.lastUserText}` }],
      tokenDelayMs: 4,
      recordedRequestsMax: 0,
    }),
  );
  const node = stack.use(await NodeProcess.start({ backend: emulator.url }));
  const acknowledged: Acknowledged[] = [];
  const random = seeded(plan.seed);
  const done = new AbortController();
  const killing = killAtRandom(node, plan, () => acknowledged.length, random, done.signal);
  const clients = Array.from({ length: plan.clients }, async (_, client) => {
    for (let index = client; index < plan.items; index += plan.clients) {
      const kind = kinds[Math.floor(random() * kinds.length)] ?? "sync";
      const item = { kind, name: `item-${index}`, conversation: `client-${client}` };
      acknowledged.push(await untilAcknowledged(node, item, plan.keyed ?? true));
    }
  });
  try {
    await Promise.all(clients);
  } finally {
    done.abort();
  }
  const kills = await killing;
  const opened = stack.move();
  return { node, acknowledged, kills, plan, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Spreads the kills over the work, each at a moment nobody chose. */
async function killAtRandom(
  node: NodeProcess,
  { items, kills }: ChaosPlan,
  progress: () => number,
  random: () => number,
  done: AbortSignal,
): Promise<number> {
  let killed = 0;
  while (killed < kills && !done.aborted) {
    const due = ((killed + 0.5) / kills) * items;
    if (progress() < due) {
      await delay(5);
      continue;
    }
    await delay(random() * 60);
    await node.kill();
    killed += 1;
    await node.start();
  }
  return killed;
}

/** Repeats an item until the node says that it has it. A connection that breaks says nothing. */
async function untilAcknowledged(
  node: NodeProcess,
  item: Item,
  keyed: boolean,
): Promise<Acknowledged> {
  let tries = 0;
  return until(
    item.name,
    async () => {
      tries += 1;
      const taken = await attempt(node, item, keyed, tries).catch(() => undefined);
      return taken === undefined ? undefined : { ...item, ...taken, tries };
    },
    itemMsMax,
  );
}

type Taken = Pick<Acknowledged, "id" | "answer"> | undefined;

async function attempt(
  node: NodeProcess,
  item: Item,
  keyed: boolean,
  tries: number,
): Promise<Taken> {
  const token = node.owner;
  const { kind, name, conversation } = item;
  if (kind === "event") {
    const id = keyed ? name : `${name}-${tries}`;
    const body = { specversion: "1.0", id, source: "/chaos", type: "chaos.item", data: { name } };
    const answer = await node.ask("/api/v1/events", { token, body });
    return answer.status === 202
      ? { id: String(answer.json.events[0].seq), answer: undefined }
      : undefined;
  }
  const key: Record<string, string> = keyed ? { "idempotency-key": name } : {};
  const body = { text: name, conversation };
  if (kind === "streamed") {
    for await (const { event, data } of node.stream("/api/v1/message", {
      token,
      headers: key,
      body: { ...body, stream: true },
    }))
      if (event === "answer") return { id: String(data.id), answer: String(data.text) };
    return undefined;
  }
  const prefer: Record<string, string> = kind === "detached" ? { prefer: "respond-async" } : {};
  return takenFrom(
    await node.ask("/api/v1/message", { token, body, headers: { ...key, ...prefer } }),
  );
}

function takenFrom(answer: Answer): Taken {
  if (answer.status === 202) return { id: String(answer.json.id), answer: undefined };
  if (answer.status === 200)
    return { id: String(answer.json.id), answer: String(answer.json.text) };
  return undefined;
}

const count = (values: readonly string[], value: string): number =>
  values.filter((each) => each === value).length;

/** Compares everything that was acknowledged with the journal, then verifies the journal, running and stopped. */
export async function assertNothingLost(t: TestContext, outcome: ChaosOutcome): Promise<void> {
  const { node, acknowledged, kills, plan } = outcome;
  assert.equal(acknowledged.length, plan.items);
  assert.equal(kills, plan.kills, "every kill happened while there was work");
  const detached = acknowledged.filter(({ kind }) => kind === "detached");
  for (const { id } of detached)
    await until(`the end of ${id}`, async () => {
      const run = await node.ask(`/api/v1/runs/${id}`, { token: node.owner });
      return !["queued", "running"].includes(String(run.json.status));
    });
  const records = await node.journal();
  const answered = records.filter(({ type }) => type === "turn.answered");
  const ended = records.filter(({ type }) => type === "turn.answered" || type === "turn.failed");
  assertOneEffectEach(acknowledged, records, answered);
  for (const { id } of detached) assert.equal(count(ended.map(runOf), id), 1, `${id} ended once`);
  const cut = detached.filter(({ id }) => !answered.some((record) => runOf(record) === id));
  assertOrder(acknowledged, answered);
  const verified = await node.verify();
  assert.deepEqual(verified.json.faults, []);
  assert.equal(verified.json.clean, true);
  await node.stop();
  const offline = await verifyOffline(node.home);
  assert.equal(offline.clean, true, JSON.stringify(offline.faults));
  t.diagnostic(
    `${acknowledged.length} acknowledged, ${kills} kills, ` +
      `${acknowledged.filter(({ tries }) => tries > 1).length} repeated, ${offline.records} records, ` +
      `${records.filter(({ type }) => type === "turn.resumed").length} resumed, ${cut.length} reported instead of answered`,
  );
}

const runOf = (record: Notice): string => String(record["facts"].run);
const nameOf = (record: Notice): string => String(record["data"].text).replace("heard ", "");

function assertOneEffectEach(
  acknowledged: readonly Acknowledged[],
  records: readonly Notice[],
  answered: readonly Notice[],
): void {
  const events = records
    .filter(({ type }) => type === "chaos.item")
    .map((record) => `${record["id"]} ${record["seq"]}`);
  const answers = answered.map((record) => `${nameOf(record)} ${runOf(record)}`);
  const names = answered.map(nameOf);
  assert.equal(new Set(names).size, names.length, "no key was answered twice");
  for (const { kind, name, id, answer } of acknowledged) {
    if (kind === "event") assert.equal(count(events, `${name} ${id}`), 1, `${name} as told`);
    else if (answer !== undefined) {
      assert.equal(answer, `heard ${name}`);
      assert.equal(count(answers, `${name} ${id}`), 1, `${name} as told`);
    }
  }
  const ids = events.map((event) => event.split(" ")[0]);
  assert.equal(new Set(ids).size, ids.length, "no event counts twice");
}

/** A client sends one after another, so its conversation's answers must stand in the journal in the order of sending. */
function assertOrder(acknowledged: readonly Acknowledged[], answered: readonly Notice[]): void {
  const order = new Map(answered.map((record, place) => [nameOf(record), place]));
  const last = new Map<string, number>();
  for (const { kind, name, conversation } of acknowledged) {
    const place = order.get(name);
    if (kind === "event" || place === undefined) continue;
    assert.ok(place > (last.get(conversation) ?? -1), `${name} stands before an earlier one`);
    last.set(conversation, place);
  }
}

/** How many effects happened twice when the same clients repeat without keys. */
export async function unkeyedDuplicates(plan: ChaosPlan): Promise<number> {
  await using outcome = await runChaos({ ...plan, keyed: false });
  await until("rest", async () => {
    const metrics = await outcome.node.ask("/metrics", { token: outcome.node.owner });
    return /^adyton_turns_running 0$/m.test(metrics.text);
  });
  const records = await outcome.node.journal();
  const names = records
    .filter(({ type }) => type === "turn.received" || type === "chaos.item")
    .map((record) => String(record["data"].text ?? record["data"].name));
  return names.length - new Set(names).size;
}
