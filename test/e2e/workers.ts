import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { TestContext } from "node:test";
import { startOpenAiEmulator } from "@adyton/emulators";
import { makeKeyFile } from "@adyton/runtime/key-file";
import { join } from "node:path";
import { NodeProcess, until } from "./node-process.ts";
import { RedisProcess } from "./redis-process.ts";
import { WorkerProcess } from "./worker-process.ts";

// Detached turns of several conversations, answered by three workers through one Redis, while workers, Redis and the
// node are killed at random moments. Afterwards the journal is asked what became of each.

export interface WorkerChaosPlan {
  readonly seed: number;
  readonly turns: number;
  readonly conversations: number;
  /** Kills of each, spread over the turns. */
  readonly kills: { readonly worker: number; readonly redis: number; readonly node: number };
  /** Whether Redis keeps its data over its death. */
  readonly persistent: boolean;
  readonly tokenDelayMs: number;
  /** Whatever still runs after so long is lost. */
  readonly restMsMax?: number;
}

export interface WorkerChaosOutcome {
  /** Runs by conversation, in the order in which they were accepted. */
  readonly accepted: ReadonlyMap<
    string,
    readonly { readonly run: string; readonly text: string }[]
  >;
  /** Ends in the journal, in its order. */
  readonly ends: readonly { readonly run: string; readonly type: string; readonly text: string }[];
  /** Calls the model servers saw: above the turns by those that were begun again. */
  readonly calls: number;
  readonly killed: WorkerChaosPlan["kills"];
  readonly ms: number;
}

const outstandingMax = 4;
const restMsMaxDefault = 60_000;
const askAgainMs = 30;
/** Requests that a dying node did not answer have been repeated by then. */
const resubmittedMs = 1_000;

/** Park and Miller's generator: a run can be repeated from its seed. */
function seeded(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

export async function runWorkerChaos(plan: WorkerChaosPlan): Promise<WorkerChaosOutcome> {
  await using stack = new AsyncDisposableStack();
  const startedMs = performance.now();
  const redis = stack.use(await RedisProcess.start({ persistent: plan.persistent }));
  const emulator = stack.use(
    await startOpenAiEmulator({
      rules: [{ reply: ({ lastUserText }) => `слышу ${lastUserText}, heard it well` }],
      tokenDelayMs: plan.tokenDelayMs,
      recordedRequestsMax: 10_000,
    }),
  );
  const keyFile = join(redis.folder, "workers.key");
  await makeKeyFile(keyFile);
  const node = stack.use(
    await NodeProcess.start({
      backend: "configured",
      config: `workers:\n  redis: ${redis.url}\n  key_file: ${keyFile}\n`,
    }),
  );
  const workers = await Promise.all(
    ["one", "two", "three"].map((name) =>
      WorkerProcess.start({
        name,
        redis: redis.url,
        backend: emulator.url,
        keyFile,
        concurrency: 2,
      }),
    ),
  );
  for (const worker of workers) stack.use(worker);
  const run = new WorkerChaos(plan, { node, redis, workers });
  await run.finish();
  return {
    accepted: run.accepted,
    ends: await run.ends(),
    calls: emulator.requests.filter(({ endpoint }) => endpoint === "chat").length,
    killed: run.killed,
    ms: performance.now() - startedMs,
  };
}

interface Parts {
  readonly node: NodeProcess;
  readonly redis: RedisProcess;
  readonly workers: readonly WorkerProcess[];
}

class WorkerChaos {
  readonly accepted = new Map<string, { run: string; text: string }[]>();
  readonly killed = { worker: 0, redis: 0, node: 0 };
  readonly #plan: WorkerChaosPlan;
  readonly #parts: Parts;
  readonly #random: () => number;
  #sent = 0;

  constructor(plan: WorkerChaosPlan, parts: Parts) {
    this.#plan = plan;
    this.#parts = parts;
    this.#random = seeded(plan.seed);
  }

  /** Everything is said, everyone is killed as planned, and nothing is under way any more, or it never ends. */
  async finish(): Promise<void> {
    const { conversations } = this.#plan;
    const speakers = Array.from({ length: conversations }, (_, index) => this.#speak(index));
    const killers = (["worker", "redis", "node"] as const).map((what) => this.#kill(what));
    await Promise.all([...speakers, ...killers]);
    const restMsMax = this.#plan.restMsMax ?? restMsMaxDefault;
    for (const [name] of this.accepted) {
      // What does not end is found in the journal.
      await this.#outstanding(name, 0, restMsMax).catch(() => undefined);
    }
  }

  async ends() {
    const records = await this.#parts.node.journal("turn.");
    return records
      .filter(({ type }) => type === "turn.answered" || type === "turn.failed")
      .map(({ type, facts, data }) => ({
        run: String(facts.run),
        type: String(type),
        text: String(data?.text ?? data?.code ?? ""),
      }));
  }

  async #speak(index: number): Promise<void> {
    const { turns, conversations } = this.#plan;
    const name = `беседа-${index}`;
    this.accepted.set(name, []);
    for (let turn = index; turn < turns; turn += conversations) {
      await this.#outstanding(name, outstandingMax - 1, 120_000);
      const text = `turn-${turn}`;
      const accepted = await until(text, () => this.#submit(name, text), 60_000);
      this.accepted.get(name)?.push({ run: accepted, text });
      this.#sent += 1;
    }
  }

  async #submit(conversation: string, text: string): Promise<string | undefined> {
    const { node } = this.#parts;
    const headers = { prefer: "respond-async", "idempotency-key": text };
    try {
      const answer = await node.ask("/api/v1/message", {
        token: node.owner,
        body: { text, conversation },
        headers,
      });
      return answer.status === 202 || answer.status === 200 ? String(answer.json.id) : undefined;
    } catch {
      // A node that was just killed: the request is repeated under its key.
      return undefined;
    }
  }

  /** Waits until at most so many of a conversation's runs are under way. */
  async #outstanding(name: string, most: number, timeoutMs: number): Promise<void> {
    const runs = this.accepted.get(name)?.slice(-outstandingMax) ?? [];
    await this.#ended(runs, most, timeoutMs);
  }

  async #ended(runs: readonly { run: string }[], most: number, timeoutMs: number): Promise<void> {
    const { node } = this.#parts;
    const open = new Set(runs.map(({ run }) => run));
    await until(
      "the ends of runs",
      async () => {
        for (const run of open) {
          const seen = await node
            .ask(`/api/v1/runs/${run}`, { token: node.owner })
            .catch(() => undefined);
          const status = String(seen?.json?.status ?? "unknown");
          if (["answered", "failed", "cancelled", "interrupted"].includes(status)) open.delete(run);
        }
        return open.size <= most;
      },
      timeoutMs,
    );
  }

  async #kill(what: "worker" | "redis" | "node"): Promise<void> {
    const { node, redis, workers } = this.#parts;
    const { turns, kills } = this.#plan;
    for (let kill = 0; kill < kills[what]; kill += 1) {
      const due = ((kill + 0.5) / kills[what]) * turns;
      while (this.#sent < due) await delay(askAgainMs);
      await delay(this.#random() * 200);
      const worker = workers[Math.floor(this.#random() * workers.length)];
      const victim = what === "worker" ? worker : what === "redis" ? redis : node;
      await victim?.kill();
      this.killed[what] += 1;
      await delay(this.#random() * 300);
      await victim?.start();
      if (what !== "node") continue;
      // A turn that two nodes died under is given up: the next death waits until none is left that saw this one.
      await delay(resubmittedMs);
      const open = [...this.accepted.values()].flatMap((runs) => runs.slice(-outstandingMax));
      await this.#ended(open, 0, 120_000);
    }
  }
}

/** Every turn was answered, once, with its own answer, and in order within its conversation. */
export function assertAllAnswered(t: TestContext, outcome: WorkerChaosOutcome): void {
  const { accepted, ends, calls, killed, ms } = outcome;
  const runs = [...accepted.values()].flat();
  t.diagnostic(
    `${runs.length} turns in ${Math.round(ms / 100) / 10} s, ${calls} calls of the model; ` +
      `killed: ${killed.worker} workers, ${killed.redis} Redis, ${killed.node} nodes`,
  );
  for (const { run, text } of runs) {
    const found = ends.filter((end) => end.run === run);
    assert.deepEqual(
      found.map((end) => [end.type, end.text]),
      [["turn.answered", `слышу ${text}, heard it well`]],
      text,
    );
  }
  assert.equal(ends.length, runs.length, "nothing else was answered");
  for (const [name, submitted] of accepted) {
    const wanted = submitted.map(({ run }) => run);
    const order = ends.map(({ run }) => run).filter((run) => wanted.includes(run));
    assert.deepEqual(order, wanted, name);
  }
}
