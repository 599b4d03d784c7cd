import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../../e2e/node-process.ts";
import { type Kill, seeded, type WorldReport } from "./world-plan.ts";
import type { WorldProcess } from "./world-process.ts";

/** A process that is killed and started again. */
export interface Victim {
  readonly name: Kill["name"];
  readonly pid: number;
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface ChaosPlan {
  readonly seed: number;
  readonly updates: number;
  readonly kills: number;
}

export interface ChaosOutcome {
  readonly report: WorldReport;
  readonly kills: Readonly<Record<Victim["name"], number>>;
  /** The most memory that any process of the name had, in MiB. */
  readonly memoryMib: Readonly<Record<Victim["name"], number>>;
  readonly seconds: number;
}

/** So many messages are under way or still to be written at each kill. */
const ahead = 100;
const killWithinMs = 200;
const restWithinMs = 500;
/** A start takes longer than this, so it is killed in the middle of it. */
const startWithinMs = 300;
const stepMsMax = 600_000;

/** Lets people speak while the victims are killed, each at a moment nobody chose, and reports what people saw. */
export async function runChaos(
  world: WorldProcess,
  victims: readonly Victim[],
  { seed, updates, kills }: ChaosPlan,
): Promise<ChaosOutcome> {
  const random = seeded(seed + 2);
  const startedMs = performance.now();
  const killed = { core: 0, relay: 0 };
  const memoryMib = { core: 0, relay: 0 };
  const killsMade: Kill[] = [];
  const kill = async (victim: Victim): Promise<void> => {
    memoryMib[victim.name] = Math.max(memoryMib[victim.name], peakMib(victim.pid));
    killed[victim.name] += 1;
    killsMade.push({ name: victim.name, ms: Date.now() });
    await victim.kill();
  };
  for (let done = 0; done < kills; done = killed.core + killed.relay) {
    world.allow(Math.ceil(((done + 1) / kills) * updates) + ahead);
    const due = ((done + 0.5) / kills) * updates;
    await until(
      "progress",
      () => world.progress.answered >= due || world.progress.isOver,
      stepMsMax,
    );
    if (world.progress.isOver) break;
    await delay(random() * killWithinMs);
    const victim = victims[Math.floor(random() * victims.length)];
    if (victim === undefined) throw new Error("there is nobody to kill");
    await kill(victim);
    if (random() < 0.3) await delay(random() * restWithinMs);
    if (random() < 0.2 && killed.core + killed.relay < kills) {
      const starting = victim.start();
      await delay(random() * startWithinMs);
      await Promise.all([kill(victim), starting.catch(() => undefined)]);
    }
    await victim.start();
  }
  world.allow(updates);
  await until("the end", () => world.progress.isOver, stepMsMax);
  for (const { name, pid } of victims) memoryMib[name] = Math.max(memoryMib[name], peakMib(pid));
  const seconds = (performance.now() - startedMs) / 1_000;
  return { report: await world.report(killsMade), kills: killed, memoryMib, seconds };
}

/** The most memory a process has had; 0 when it is gone. */
function peakMib(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Math.round(Number(/VmHWM:\s+(\d+)/u.exec(status)?.[1] ?? 0) / 1_024);
  } catch {
    return 0;
  }
}
