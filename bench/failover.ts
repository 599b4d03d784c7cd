import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { Child } from "./child.ts";
import { atMost, type BenchOptions, type Figure, median } from "./figure.ts";
import { NodeUnderTest } from "./under-test.ts";

// From the moment a model server fails in the middle of an answer to the first word of the one that takes over, as
// whoever watches the stream sees it. Killed: its process is gone. Hanging: it stands still with its connections open.
// Garbage: an event that nobody can read, counted from the last word before it.

const first = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen. ";
const second = "And this is what the other one says.";
const wordsBefore = 10;

type Fault = "killed" | "hanging" | "garbage";

const rounds: Readonly<Record<Fault, number>> = { killed: 5, garbage: 5, hanging: 3 };

export async function failover({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const fault of ["killed", "garbage", "hanging"] as const) {
    const tookMs: number[] = [];
    const count = quick ? 1 : rounds[fault];
    for (let round = 0; round < count; round += 1)
      tookMs.push(await failOnce(fault, join(folder, `${fault}-${round}`)));
    figures.push({
      figure: `${fault} in mid-answer to the first word elsewhere`,
      value: median(tookMs),
      unit: "ms",
      // Silence is told from thought by three checks in a row, which takes its time.
      bar: atMost(fault === "hanging" ? 12_000 : 500),
      note: `median of ${count}, ${Math.max(...tookMs).toFixed(0)} ms at most`,
    });
  }
  return figures;
}

async function failOnce(fault: Fault, home: string): Promise<number> {
  const garbage = fault === "garbage" ? [String(wordsBefore)] : [];
  await using stack = new AsyncDisposableStack();
  const failing = stack.use(Child.fork("./paced-upstream.ts", [first.repeat(20), ...garbage]));
  // A stopped process hears of nothing else.
  stack.defer(() => failing.stop("SIGKILL"));
  const ready = stack.use(Child.fork("./paced-upstream.ts", [second]));
  writeConfig(home, await Promise.all([failing, ready].map((each) => portOf(each))));
  const node = stack.use(await NodeUnderTest.start(home, "configured"));
  let failedMs: number | undefined;
  let words = 0;
  for await (const { event, atMs } of streamOf(node.port)) {
    if (event === "restart") {
      words = 0;
    } else if (event === "delta") {
      words += 1;
      if (failedMs !== undefined && words === 1) return atMs - failedMs;
      if (words < wordsBefore || failedMs !== undefined) continue;
      failedMs = atMs;
      if (fault !== "garbage")
        process.kill(failing.pid, fault === "killed" ? "SIGKILL" : "SIGSTOP");
    } else if (event === "problem") break;
  }
  throw new Error(`${fault}: nobody took over`);
}

async function portOf(child: Child): Promise<number> {
  const { port } = await child.ask<{ port: number }>({});
  return port;
}

/** The second only helps out, so that every answer begins at the first. */
function writeConfig(home: string, ports: readonly number[]): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const entries = ports.map(
    (port, index) =>
      `  - { name: b${index}, url: "http://127.0.0.1:${port}/v1", model: emulated-chat, weight: ${1 - index} }\n`,
  );
  writeFileSync(join(home, "adyton.yaml"), `backends:\n${entries.join("")}`, { mode: 0o600 });
}

/** The events of one streamed answer, as they arrive. */
async function* streamOf(port: number): AsyncGenerator<{ event: string; atMs: number }> {
  const { promise: answered, resolve, reject } = Promise.withResolvers<AsyncIterable<Buffer>>();
  const asked = request(
    {
      host: "127.0.0.1",
      port,
      path: "/api/v1/message",
      method: "POST",
      headers: { "content-type": "application/json" },
      agent: false,
    },
    resolve,
  );
  asked.once("error", reject).end(JSON.stringify({ text: "Count.", stream: true }));
  try {
    for await (const bytes of await answered)
      for (const [, event] of String(bytes).matchAll(/^event: (\w+)$/gm))
        if (event !== undefined) yield { event, atMs: performance.now() };
  } finally {
    asked.destroy();
  }
}
