// Runs the relay `bot` for the tests, as one argument of JSON says; its port and the one where it tells the time on standard
// output. Only the resolver is not the system's.
import { Secret } from "../../packages/runtime/src/secret.ts";
import { AllowedAddresses } from "../../packages/relay/src/allowed-addresses.ts";
import { parseRange } from "../../packages/relay/src/blind/target.ts";
import { openBotRelay } from "../../packages/relay/src/bot/bot-relay.ts";
import { TimeServer } from "../../packages/relay/src/time-server.ts";
import type { BotRelayRun } from "./bot-relay-process.ts";

const dayMs = 86_400_000;
const limits = { recordsMax: 10_000, bytesMax: 64 * 1024 * 1024, ageMsMax: 7 * dayMs };
const address = "127.0.0.1";
// Written by the test that starts the relay, so its shape is known.
const run = JSON.parse(process.argv[2] ?? "") as BotRelayRun;
const linkKey = Secret.fromFile(run.keyFile);
await using relay = await openBotRelay({
  ...(run.spool === undefined
    ? {}
    : { spool: { folder: run.spool, limits: { ...limits, ...run.limits }, graceMs: 10 } }),
  address,
  port: run.port,
  apiRoot: new URL(`https://${run.host}:${run.hostPort}`),
  readToken: () => Secret.fromFile(run.tokenFile),
  linkKey,
  addresses: new AllowedAddresses({
    ranges: [parseRange("127.0.0.0/8")],
    resolve: () => Promise.resolve([address]),
  }),
  log: (message, fields) => process.stderr.write(`${message} ${JSON.stringify(fields ?? {})}\n`),
});
await using time = await TimeServer.listen({ address, port: run.timePort, key: linkKey });
process.stdout.write(`${relay.port} ${time.port}\n`);
const { promise, resolve } = Promise.withResolvers<void>();
process.once("SIGTERM", () => resolve());
await promise;
