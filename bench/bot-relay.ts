import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@adyton/runtime/clock";
import { Secret } from "@adyton/runtime/secret";
import { LinkClient } from "../packages/core/src/adapters/telegram/link-client.ts";
import { dialRelay } from "../packages/core/src/adapters/telegram/link-fetch.ts";
import { botFlags, environment } from "../packages/relay/src/bundle.ts";
import { Child, memoryOf } from "./child.ts";
import { atMost, type Figure } from "./figure.ts";

// The relay of the layout `bot`: how soon it is ready, and what it holds in memory after many calls through the link, each
// two kilobytes there and back. The node's end is the node's own.

export const host = "relay.example.org";
export const connections = 16;
export const messageBytes = 2_048;

/** The bundle with a resolver that knows the loopback alone. */
const pinned = `
import { AllowedAddresses } from "./allowed-addresses.js";
import { parseRange } from "./blind/target.js";
import { openBotRelay } from "./bot/bot-relay.js";
import { Secret } from "./runtime/secret.js";
const [root, secret] = process.argv.slice(2);
const relay = await openBotRelay({
  address: "127.0.0.1",
  port: 0,
  apiRoot: new URL(root),
  readToken: () => Secret.fromFile(secret),
  linkKey: Secret.fromFile(secret),
  addresses: new AllowedAddresses({
    ranges: [parseRange("127.0.0.0/8")],
    resolve: () => Promise.resolve(["127.0.0.1"]),
  }),
  log: () => undefined,
});
console.log("at " + relay.port);
`;
const reachedMsMax = 10_000;

export async function botRelay({
  bundle,
  folder,
  port,
  count,
}: {
  readonly bundle: string;
  /** With the server's certificate. */
  readonly folder: string;
  readonly port: number;
  readonly count: number;
}): Promise<readonly Figure[]> {
  const script = join(bundle, "pinned-bot.js");
  writeFileSync(script, pinned);
  const secret = join(folder, "bot-relay.key");
  writeFileSync(secret, randomBytes(32).toString("hex"), { mode: 0o600 });
  const startedMs = performance.now();
  await using relay = Child.spawn(
    process.execPath,
    [...botFlags, script, `https://${host}:${port}`, secret],
    { ...environment, NODE_EXTRA_CA_CERTS: join(folder, "cert.pem") },
  );
  const [, relayPort = "0"] = await relay.line(/^at (\d+)$/m);
  const readyMs = performance.now() - startedMs;
  await using link = new LinkClient({
    dial: dialRelay.bind(undefined, { host: "127.0.0.1", port: Number(relayPort) }),
    key: Secret.fromFile(secret),
    clock: systemClock,
  });
  link.start();
  await reached(link);
  await perSecond(link, count / 10);
  const before = memoryOf(relay.pid).rss;
  const perSecondThrough = await perSecond(link, count);
  const after = memoryOf(relay.pid).rss;
  const note = `${count} calls, ${connections} at once`;
  return [
    { figure: "relay bot, spawn to listening", value: readyMs / 1_000, unit: "s", bar: atMost(1) },
    { figure: "relay bot, resident before", value: before, unit: "MiB", bar: atMost(64) },
    {
      figure: "relay bot, resident after",
      value: after,
      unit: "MiB",
      ratio: after / before,
      ratioOf: "before",
      bar: atMost(64),
      note,
    },
    { figure: "relay bot, calls there and back", value: perSecondThrough, unit: "calls/s", note },
  ];
}

const never = new AbortController().signal;
const asked = { type: "call", method: "sendMessage", contentType: "text/plain" } as const;

/** Waits for the first call that is answered: before that there is no connection. */
async function reached(link: LinkClient): Promise<void> {
  const deadlineMs = performance.now() + reachedMsMax;
  for (;;)
    try {
      await link.call(asked, Buffer.from("first"), never);
      return;
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await systemClock.sleep(20);
    }
}

async function perSecond(link: LinkClient, count: number): Promise<number> {
  const message = Buffer.alloc(messageBytes, "m");
  const startedMs = performance.now();
  const each = async (): Promise<void> => {
    for (let sent = 0; sent < count / connections; sent += 1) {
      const { body } = await link.call(asked, message, never);
      if (body.length !== messageBytes) throw new Error("an answer is not the message");
    }
  };
  await Promise.all(Array.from({ length: connections }, each));
  return count / ((performance.now() - startedMs) / 1_000);
}
