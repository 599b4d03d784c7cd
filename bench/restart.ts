import { statSync } from "node:fs";
import { homeFiles } from "../packages/core/src/home.ts";
import { atMost, type BenchOptions, type Figure, median } from "./figure.ts";
import { largeHome } from "./large-journal.ts";
import { LoadClient, NodeUnderTest, Upstream } from "./under-test.ts";

// From the spawn after a load and a `kill -9` to the first answer, on a journal of a gigabyte.

export async function restart({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  const home = await largeHome({ quick, folder });
  await using upstream = await Upstream.start();
  await using client = new LoadClient();
  const tookMs: number[] = [];
  for (let round = 0; round < (quick ? 2 : 6); round += 1) {
    const node = await NodeUnderTest.start(home, upstream.port);
    if (round > 0) tookMs.push(node.startMs);
    const load = {
      port: node.port,
      path: "/api/v1/message",
      headers: {},
      bodies: Array.from({ length: 16 }, (_, index) =>
        JSON.stringify({ text: "Who is there?", conversation: `bench-${index}` }),
      ),
      seconds: quick ? 0.2 : 1,
    };
    await client.run(load);
    await node.child.stop("SIGKILL");
  }
  const gigabytes = statSync(homeFiles(home).journal).size / 1e9;
  return [
    {
      figure: "restart after kill -9 to the first answer",
      value: median(tookMs) / 1_000,
      unit: "s",
      bar: atMost(1),
      note: `a journal of ${gigabytes.toFixed(2)} GB, ${Math.max(...tookMs).toFixed(0)} ms at most`,
    },
  ];
}
