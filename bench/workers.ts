import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child, freePort } from "./child.ts";
import { atLeast, type BenchOptions, type Figure, median } from "./figure.ts";
import { LoadClient, NodeUnderTest } from "./under-test.ts";

// What a second machine for the model brings: turns in a second with one worker and with two, each beside a model
// server that writes at a fixed pace and one answer at a time. Run by root, each machine is a network namespace of its
// own at the end of a wire, and Redis is reached over it; else all share the loopback.

const clients = 8;
const tokenDelayMs = 12;
const answerTokens = 12;
const machines = 2;
const redisMsMax = 10_000;
const script = join(import.meta.dirname, "../adyton");

/** A machine for a worker: how commands are run on it, and where it finds Redis. */
interface Machine extends Disposable {
  readonly through: readonly string[];
  readonly redisHost: string;
}

export async function workers({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  if (spawnSync("redis-server", ["--version"]).status !== 0)
    throw new Error("redis-server is not installed");
  const isRoot = process.getuid?.() === 0 && spawnSync("ip", ["netns"]).status === 0;
  await using stack = new AsyncDisposableStack();
  const places = Array.from({ length: machines }, (_, index) =>
    stack.use(isRoot ? separateMachine(index) : sameMachine()),
  );
  const port = await freePort();
  const hosts = new Set(["127.0.0.1", ...places.map(({ redisHost }) => redisHost)]);
  await startRedis(stack, { port, hosts: [...hosts], folder });
  const keyFile = join(folder, "workers.key");
  run(script, ["worker", "key", keyFile]);
  const node = stack.use(await startNode(join(folder, "node"), { port, keyFile }));
  const client = stack.use(new LoadClient());
  const rates: number[] = [];
  for (const [index, machine] of places.entries()) {
    const backend = await startModelServer(stack, machine);
    await startWorker(stack, machine, { name: `machine-${index}`, port, keyFile, backend });
    await isCounted(node, index + 1);
    rates.push(await rate(client, node.port, quick));
  }
  const [one = Number.NaN, two = Number.NaN] = rates;
  const where = isRoot ? "each machine a network namespace" : "not root: all on one loopback";
  return [
    { figure: "turns with one worker", value: one, unit: "1/s", note: `${clients} clients` },
    {
      figure: "turns with a second worker",
      value: two,
      unit: "1/s",
      ratio: two / one,
      ratioOf: "turns with one worker",
      bar: atLeast(1.9, "ratio"),
      note: where,
    },
  ];
}

async function rate(client: LoadClient, port: number, quick: boolean): Promise<number> {
  const bodies = Array.from({ length: clients }, (_, index) =>
    JSON.stringify({ text: "What is new? Что нового?", conversation: `bench-${index}-{n}` }),
  );
  const load = { port, path: "/api/v1/message", headers: {}, bodies };
  await client.run({ ...load, seconds: quick ? 0.3 : 2 });
  const rounds: number[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round += 1) {
    const { requests, seconds } = await client.run({ ...load, seconds: quick ? 1 : 5 });
    rounds.push(requests / seconds);
  }
  return median(rounds);
}

async function startNode(home: string, redis: { port: number; keyFile: string }) {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const config = `workers:\n  redis: redis://127.0.0.1:${redis.port}\n  key_file: ${redis.keyFile}\n`;
  writeFileSync(join(home, "adyton.yaml"), config, { mode: 0o600 });
  return NodeUnderTest.start(home, "configured");
}

async function startRedis(
  stack: AsyncDisposableStack,
  { port, hosts, folder }: { port: number; hosts: readonly string[]; folder: string },
): Promise<void> {
  const place = ["--port", String(port), "--bind", ...hosts, "--dir", folder];
  const open = ["--save", "", "--appendonly", "no", "--protected-mode", "no"];
  stack.use(Child.spawn("redis-server", [...place, ...open]));
  const untilMs = performance.now() + redisMsMax;
  while (spawnSync("redis-cli", ["-p", String(port), "ping"]).stdout.toString() !== "PONG\n") {
    if (performance.now() > untilMs) throw new Error("redis-server does not come up");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The model server of a machine, on that machine's own loopback. */
async function startModelServer(
  stack: AsyncDisposableStack,
  { through }: Machine,
): Promise<string> {
  const reply = Array.from({ length: answerTokens }, (_, index) => `word${index}`).join(" ");
  const file = join(import.meta.dirname, "worker-upstream.ts");
  const child = stack.use(on(through, process.execPath, [file, reply, String(tokenDelayMs)]));
  const [, port] = await child.line(/port (\d+)/);
  return `http://127.0.0.1:${port}/v1`;
}

async function startWorker(
  stack: AsyncDisposableStack,
  { through, redisHost }: Machine,
  worker: { name: string; port: number; keyFile: string; backend: string },
): Promise<void> {
  const redis = `redis://${redisHost}:${worker.port}`;
  const args = ["worker", "--redis", redis, "--key-file", worker.keyFile, "--json"];
  const more = ["--backend", worker.backend, "--name", worker.name, "--concurrency", "1"];
  const child = stack.use(on(through, script, [...args, ...more]));
  await child.line(/ready for jobs/);
}

/** Waits until the node's health lists so many workers. */
async function isCounted({ port, ownerToken }: NodeUnderTest, count: number): Promise<void> {
  const untilMs = performance.now() + redisMsMax;
  for (;;) {
    const headers = { authorization: `Bearer ${ownerToken}` };
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/health`, { headers });
    const { workers: found = [] } = (await answer.json()) as { workers?: unknown[] };
    if (found.length === count) return;
    if (performance.now() > untilMs) throw new Error(`the node does not find ${count} workers`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function on(through: readonly string[], command: string, args: readonly string[]): Child {
  const [program, ...words] = [...through, command, ...args];
  return Child.spawn(program ?? command, words, { LC_ALL: "C" });
}

const sameMachine = (): Machine => ({
  through: [],
  redisHost: "127.0.0.1",
  [Symbol.dispose]: () => undefined,
});

/** A network namespace at the end of a wire of its own; with it goes the wire. */
function separateMachine(index: number): Machine {
  const name = `adyton-bench-${process.pid}-${index}`;
  const here = `ab${index}-${process.pid}`.slice(0, 15);
  // From 198.18.0.0/15, which RFC 2544 sets aside for measurements like this one.
  const redisHost = `198.18.73.${index * 4 + 1}`;
  const own = `198.18.73.${index * 4 + 2}`;
  const dispose = (): void => void spawnSync("ip", ["netns", "delete", name]);
  try {
    run("ip", ["netns", "add", name]);
    run("ip", ["link", "add", here, "type", "veth", "peer", "name", "wire", "netns", name]);
    run("ip", ["address", "add", `${redisHost}/30`, "dev", here]);
    run("ip", ["link", "set", here, "up"]);
    run("ip", ["-n", name, "address", "add", `${own}/30`, "dev", "wire"]);
    run("ip", ["-n", name, "link", "set", "wire", "up"]);
    run("ip", ["-n", name, "link", "set", "lo", "up"]);
  } catch (error) {
    dispose();
    throw error;
  }
  return { through: ["ip", "netns", "exec", name], redisHost, [Symbol.dispose]: dispose };
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args);
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr?.toString() ?? ""}`);
}
