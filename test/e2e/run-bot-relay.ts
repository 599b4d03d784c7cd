// Runs the relay `bot` for the tests: host, the port it has on the loopback, the port to listen at, and the files with the
// token, the link's key and, where there is one, the spool as arguments; its own port on standard output. Only the resolver is not the system's.
import { Secret } from "../../packages/runtime/src/secret.ts";
import { AllowedAddresses } from "../../packages/relay/src/allowed-addresses.ts";
import { parseRange } from "../../packages/relay/src/blind/target.ts";
import { openBotRelay } from "../../packages/relay/src/bot/bot-relay.ts";

const [host = "", hostPort = "", port = "", tokenFile = "", keyFile = "", spool = ""] =
  process.argv.slice(2);
const dayMs = 86_400_000;
const limits = { recordsMax: 10_000, bytesMax: 64 * 1024 * 1024, ageMsMax: 7 * dayMs };
await using relay = await openBotRelay({
  ...(spool === "" ? {} : { spool: { folder: spool, limits, graceMs: 10 } }),
  address: "127.0.0.1",
  port: Number(port),
  apiRoot: new URL(`https://${host}:${hostPort}`),
  readToken: () => Secret.fromFile(tokenFile),
  linkKey: Secret.fromFile(keyFile),
  addresses: new AllowedAddresses({
    ranges: [parseRange("127.0.0.0/8")],
    resolve: () => Promise.resolve(["127.0.0.1"]),
  }),
  log: (message, fields) => process.stderr.write(`${message} ${JSON.stringify(fields ?? {})}\n`),
});
process.stdout.write(`${relay.port}\n`);
const { promise, resolve } = Promise.withResolvers<void>();
process.once("SIGTERM", () => resolve());
await promise;
