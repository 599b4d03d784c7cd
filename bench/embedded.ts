import { installEngine } from "@adyton/core/models";
import { generateModel } from "@adyton/emulators";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { ModelHost } from "../packages/core/src/adapters/llama-cpp/model-host.ts";
import { memoryOf } from "./child.ts";
import { atMost, type BenchOptions, type Figure, median } from "./figure.ts";

// The embedded model: until it answers, how fast it writes, what its process weighs. The files are made here: a tiny one
// that shows what everything around the arithmetic costs, and one with the arithmetic of a small real model.

const answerTokens = 128;

interface Kind {
  readonly name: string;
  readonly bytes: () => Buffer;
}

const kinds: readonly Kind[] = [
  { name: "tiny", bytes: () => generateModel({ contextTokens: 2_048 }) },
  {
    name: "100M",
    bytes: () => generateModel({ contextTokens: 2_048, layers: 24, width: 640, weights: "q8_0" }),
  },
];

export async function embedded({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  await installEngine(AbortSignal.timeout(120_000));
  const figures: Figure[] = [];
  for (const kind of quick ? kinds.slice(0, 1) : kinds)
    figures.push(...(await measure(kind, folder, quick ? 1 : 5)));
  return figures;
}

async function measure({ name, bytes }: Kind, folder: string, rounds: number): Promise<Figure[]> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.gguf`);
  writeFileSync(file, bytes());
  const socket = join(folder, `${name}.sock`);
  const startedMs = performance.now();
  const log = (): void => undefined;
  await using host = new ModelHost({ file, name, socket, slots: 1, gpu: "off", log });
  await host.settled();
  const readyMs = performance.now() - startedMs;
  if (host.trouble !== undefined) throw new Error(host.trouble);
  const rates: number[] = [];
  const firsts: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const { tokensPerSecond, firstMs } = await write(socket);
    // The first warms up.
    if (round === 0) continue;
    rates.push(tokensPerSecond);
    firsts.push(firstMs);
  }
  const { rss, pss, peak } = memoryOf(processOf(socket));
  const note = `${(bytes().length / 1e6).toFixed(1)} MB, ${answerTokens} tokens, 1 slot`;
  const tiny = name === "tiny";
  return [
    { figure: `${name}: start until it answers`, value: readyMs, unit: "ms", note },
    { figure: `${name}: first word`, value: median(firsts), unit: "ms", note },
    { figure: `${name}: tokens written`, value: median(rates), unit: "per second", note },
    {
      figure: `${name}: process, resident`,
      value: rss,
      unit: "MiB",
      note,
      ...(tiny ? { bar: atMost(200) } : {}),
    },
    { figure: `${name}: process, its own share (PSS)`, value: pss, unit: "MiB", note },
    { figure: `${name}: process, resident at most`, value: peak, unit: "MiB", note },
  ];
}

/** One streamed answer over the socket, timed from its first word to its end. */
function write(socketPath: string): Promise<{ tokensPerSecond: number; firstMs: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{
    tokensPerSecond: number;
    firstMs: number;
  }>();
  const body = {
    messages: [{ role: "user", content: "Tell me everything. Расскажи всё." }],
    max_tokens: answerTokens,
    stream: true,
    stream_options: { include_usage: true },
    temperature: 5,
    top_p: 1,
  };
  const startedMs = performance.now();
  const asked = request(
    { socketPath, path: "/v1/chat/completions", method: "POST" },
    (response) => {
      let firstMs = 0;
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => {
        firstMs ||= performance.now();
        text += piece;
      });
      response.once("end", () => {
        const tokens = Number(/"completion_tokens":(\d+)/.exec(text)?.[1]);
        const seconds = (performance.now() - firstMs) / 1_000;
        resolve({ tokensPerSecond: tokens / seconds, firstMs: firstMs - startedMs });
      });
    },
  );
  asked.on("error", reject);
  asked.end(JSON.stringify(body));
  return promise;
}

function processOf(socket: string): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim();
  for (const pid of children.split(" ").map(Number))
    if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(socket)) return pid;
  throw new Error("the model's process is gone");
}
