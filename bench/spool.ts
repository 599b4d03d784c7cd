import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SpoolAnswer, type SpoolRequest } from "@adyton/protocol";
import { spoolMethod } from "@adyton/protocol/link-spool-limits";
import { newAgeKeys } from "@adyton/runtime/age";
import { systemClock } from "@adyton/runtime/clock";
import { epochOf, openUpdate } from "@adyton/runtime/link/spooled-update";
import { Secret } from "@adyton/runtime/secret";
import { LinkClient } from "../packages/core/src/adapters/telegram/link-client.ts";
import { dialRelay } from "../packages/core/src/adapters/telegram/link-fetch.ts";
import { botFlags, environment, writeBundle } from "../packages/relay/src/bundle.ts";
import { Child, memoryOf } from "./child.ts";
import { atMost, type BenchOptions, type Figure } from "./figure.ts";

// The relay's spool: how fast it takes updates from Telegram while the node is away, how fast the node takes them from it,
// and what the relay holds in memory meanwhile. Each update is sealed, synced and confirmed as always.

const host = "api.telegram.org";
const pinned = `
import { AllowedAddresses } from "./allowed-addresses.js";
import { parseRange } from "./blind/target.js";
import { openBotRelay } from "./bot/bot-relay.js";
const [port, key, folder] = process.argv.slice(2);
const relay = await openBotRelay({
  address: "127.0.0.1",
  port: 0,
  apiRoot: new URL("https://${host}:" + port),
  readToken: () => ({ reveal: () => "1:token" }),
  linkKey: { reveal: () => key },
  addresses: new AllowedAddresses({
    ranges: [parseRange("127.0.0.0/8")],
    resolve: () => Promise.resolve(["127.0.0.1"]),
  }),
  spool: { folder, limits: { recordsMax: 1e6, bytesMax: 1e9, ageMsMax: 1e9 }, graceMs: 1 },
  log: () => undefined,
});
console.log(relay.port);
`;
const updates = 10_000;
const quickUpdates = 200;

export async function spool({ quick, folder }: BenchOptions): Promise<readonly Figure[]> {
  const count = quick ? quickUpdates : updates;
  const bundle = join(folder, "bundle");
  writeBundle(bundle);
  writeFileSync(join(bundle, "pinned.js"), pinned);
  const { identity, recipient } = newAgeKeys();
  const kept = join(folder, "spool");
  mkdirSync(kept);
  writeFileSync(join(kept, "sealing.json"), JSON.stringify({ recipient, people: [1] }));
  await using server = Child.fork("./update-server.ts", [folder, host, String(count)]);
  const { port } = await server.ask<{ port: number }>({});
  const linkKey = randomBytes(32).toString("hex");
  const startedMs = performance.now();
  await using relay = Child.spawn(
    process.execPath,
    [...botFlags, join(bundle, "pinned.js"), String(port), linkKey, kept],
    { ...environment, NODE_EXTRA_CA_CERTS: join(folder, "updates.pem") },
  );
  const [, linkPort = "0"] = await relay.line(/^(\d+)$/m);
  while (readdirSync(kept).length <= count) await delay(20);
  const seconds = (performance.now() - startedMs) / 1_000;
  const spooled = memoryOf(relay.pid);
  const drainedMs = performance.now();
  await drain(Number(linkPort), linkKey, { identity, recipient, count });
  const drainSeconds = (performance.now() - drainedMs) / 1_000;
  const drained = memoryOf(relay.pid);
  const note = `${count} updates`;
  const memory = (figure: string, value: number): Figure => ({
    figure,
    value,
    unit: "MiB",
    bar: atMost(64),
    note,
  });
  return [
    memory("spool, resident when it is full", spooled.rss),
    memory("spool, resident when it is drained", drained.rss),
    memory("spool, the most ever resident", drained.peak),
    { figure: "spool, updates kept", value: count / seconds, unit: "updates/s", note },
    { figure: "spool, updates drained", value: count / drainSeconds, unit: "updates/s", note },
  ];
}

/** Takes everything as a node does, and opens it. */
async function drain(
  port: number,
  key: string,
  { identity, recipient, count }: { identity: Secret; recipient: string; count: number },
): Promise<void> {
  const dial = dialRelay.bind(undefined, { host: "127.0.0.1", port });
  await using link = new LinkClient({ dial, key: new Secret(key), clock: systemClock });
  link.start();
  const { signal } = new AbortController();
  const asked = { type: "call", method: spoolMethod, contentType: "application/json" } as const;
  let taken: string[] = [];
  for (let opened = 0; opened < count || taken.length > 0;) {
    const request: SpoolRequest = { recipient, people: [1], taken };
    const answer = await link
      .call(asked, Buffer.from(JSON.stringify(request)), signal)
      .catch(() => undefined);
    if (answer === undefined) {
      await delay(20);
      continue;
    }
    const { records } = SpoolAnswer.parse(JSON.parse(answer.body.toString()));
    for (const { epoch, file } of records)
      if (
        epoch === epochOf(recipient) &&
        openUpdate({ identity, epoch }, Buffer.from(file, "base64"))
      )
        opened += 1;
    taken = records.map(({ id }) => id);
  }
}
