import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { processorMs } from "./child.ts";
import { atLeast, atMost, type BenchOptions, type Figure, median } from "./figure.ts";
import type { Load } from "./load-client.ts";
import { type Peer, portkeyHeaders, startPortkey } from "./peers.ts";
import { LoadClient, NodeUnderTest, Upstream } from "./under-test.ts";

// What a durable, journaled turn costs over asking the model server directly, and how many of them there are in a
// second. Every request of every contestant brings the model server the same: a system prompt, 20 messages, a question.

const historyTurns = 10;
const conversations = 16;
const question = "What does a vault keep, and who was there before me?";
const answer = "A vault keeps what is in it, and shows who was there.";
const system =
  "You are a helpful assistant that runs on its owner's own computer. Answer in the language of the question, " +
  "briefly and truthfully, and say so when you do not know something.";

const chatWith = (model: string): string =>
  JSON.stringify({
    model,
    messages: [
      { role: "system", content: system },
      ...Array.from({ length: historyTurns }, () => [
        { role: "user", content: question },
        { role: "assistant", content: answer },
      ]).flat(),
      { role: "user", content: question },
    ],
  });

const wholeChat = chatWith("emulated-chat");

interface Contestant {
  readonly name: "direct" | "turn" | "completion" | "portkey";
  readonly pid: number;
  readonly load: (clients: number) => Omit<Load, "seconds">;
}

const chatPath = "/v1/chat/completions";

function contestants(upstream: Upstream, node: NodeUnderTest, portkey: Peer | undefined) {
  const chats = (clients: number) => Array.from({ length: clients }, () => wholeChat);
  const list: Contestant[] = [
    {
      name: "direct",
      pid: upstream.child.pid,
      load: (clients) => ({
        port: upstream.port,
        path: chatPath,
        headers: {},
        bodies: chats(clients),
      }),
    },
    {
      name: "turn",
      pid: node.child.pid,
      load: (clients) => ({
        port: node.port,
        path: "/api/v1/message",
        headers: {},
        bodies: Array.from({ length: clients }, (_, index) =>
          JSON.stringify({ text: question, conversation: `bench-${index}` }),
        ),
      }),
    },
  ];
  list.push({
    name: "completion",
    pid: node.child.pid,
    load: (clients) => ({
      port: node.port,
      path: chatPath,
      headers: {},
      bodies: Array.from({ length: clients }, () => chatWith("adyton")),
    }),
  });
  if (portkey !== undefined)
    list.push({
      name: "portkey",
      pid: portkey.child.pid,
      load: (clients) => ({
        port: portkey.port,
        path: chatPath,
        headers: portkeyHeaders(upstream.port),
        bodies: chats(clients),
      }),
    });
  return list;
}

interface Samples {
  readonly p50Ms: number[];
  readonly p99Ms: number[];
  readonly perSecond: number[];
  readonly processorMs: number[];
}

export async function turn({ quick, peers, folder }: BenchOptions): Promise<readonly Figure[]> {
  const home = join(folder, "turn");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  // Keeps every conversation at 20 messages, however long the round.
  writeFileSync(join(home, "adyton.yaml"), `turns:\n  history_turns: ${historyTurns}\n`);
  await using upstream = await Upstream.start();
  await using node = await NodeUnderTest.start(home, upstream.port);
  await using portkey = peers ? await startPortkey() : undefined;
  await using client = new LoadClient();
  const all = contestants(upstream, node, portkey ?? undefined);
  // Fills the histories, and lets every process compile what it uses often.
  const warmSeconds = quick ? 0.3 : 3;
  for (const { load } of all)
    for (const clients of [conversations, 1])
      await client.run({ ...load(clients), seconds: warmSeconds });

  const alone = await rounds(client, all, 1, quick);
  const crowded = await rounds(client, all, conversations, quick);
  return [...latencyFigures(alone), ...rateFigures(crowded)];
}

/** The contestants take turns, in alternating order, so that the drift of a shared machine strikes all alike. */
async function rounds(
  client: LoadClient,
  all: readonly Contestant[],
  clients: number,
  quick: boolean,
): Promise<ReadonlyMap<string, Samples>> {
  const samples = new Map<string, Samples>(
    all.map(({ name }) => [name, { p50Ms: [], p99Ms: [], perSecond: [], processorMs: [] }]),
  );
  for (let round = 0; round < (quick ? 1 : 7); round += 1)
    for (const { name, pid, load } of round % 2 === 0 ? all : all.toReversed()) {
      const before = processorMs(pid);
      const result = await client.run({ ...load(clients), seconds: quick ? 0.3 : 2 });
      const own = samples.get(name);
      own?.p50Ms.push(result.p50Ms);
      own?.p99Ms.push(result.p99Ms);
      own?.perSecond.push(result.requests / result.seconds);
      own?.processorMs.push((processorMs(pid) - before) / result.requests);
    }
  return samples;
}

function latencyFigures(samples: ReadonlyMap<string, Samples>): Figure[] {
  const of = (name: Contestant["name"], which: "p50Ms" | "p99Ms") =>
    median(samples.get(name)?.[which] ?? []);
  const added = (name: Contestant["name"], which: "p50Ms" | "p99Ms") =>
    of(name, which) - of("direct", which);
  const against = (which: "p50Ms" | "p99Ms"): Partial<Figure> =>
    samples.has("portkey")
      ? { ratio: added("turn", which) / added("portkey", which), ratioOf: "Portkey's added" }
      : {};
  const note = `1 client, ${2 * historyTurns} messages of history`;
  return [
    { figure: "the model server directly, p50", value: of("direct", "p50Ms"), unit: "ms", note },
    {
      figure: "added by a durable turn, p50",
      value: added("turn", "p50Ms"),
      unit: "ms",
      ...against("p50Ms"),
      bar: atMost(1, "ratio"),
      note,
    },
    {
      figure: "added by a durable turn, p99",
      value: added("turn", "p99Ms"),
      unit: "ms",
      ...against("p99Ms"),
      note,
    },
    ...(["p50Ms", "p99Ms"] as const).map((which) => ({
      figure: `added by a chat completion, ${which.slice(0, 3)}`,
      value: added("completion", which),
      unit: "ms",
      note: `1 client of /v1, ${2 * historyTurns} messages sent along`,
    })),
    ...(samples.has("portkey")
      ? (["p50Ms", "p99Ms"] as const).map((which) => ({
          figure: `added by Portkey, ${which.slice(0, 3)}`,
          value: added("portkey", which),
          unit: "ms",
          note,
        }))
      : []),
  ];
}

function rateFigures(samples: ReadonlyMap<string, Samples>): Figure[] {
  const rate = (name: Contestant["name"]) => median(samples.get(name)?.perSecond ?? []);
  const processor = (name: Contestant["name"]) => median(samples.get(name)?.processorMs ?? []);
  const note = `${conversations} conversations, ${2 * historyTurns} messages of history each`;
  const against: Partial<Figure> = samples.has("portkey")
    ? { ratio: rate("turn") / rate("portkey"), ratioOf: "Portkey's requests" }
    : {};
  return [
    { figure: "the model server directly", value: rate("direct"), unit: "requests/s", note },
    {
      figure: "durable turns",
      value: rate("turn"),
      unit: "turns/s",
      ...against,
      bar: atLeast(2, "ratio"),
      note,
    },
    {
      figure: "chat completions",
      value: rate("completion"),
      unit: "turns/s",
      note: `${conversations} clients of /v1, ${2 * historyTurns} messages sent along`,
    },
    {
      figure: "processor time of a durable turn",
      value: processor("turn"),
      unit: "ms",
      ...(samples.has("portkey")
        ? { ratio: processor("turn") / processor("portkey"), ratioOf: "Portkey's" }
        : {}),
      note,
    },
    ...(samples.has("portkey")
      ? [
          { figure: "Portkey, stateless", value: rate("portkey"), unit: "requests/s", note },
          {
            figure: "processor time of Portkey's request",
            value: processor("portkey"),
            unit: "ms",
            note,
          },
        ]
      : []),
  ];
}
