// Runs the relay's forwarder for the tests: the target's name, the port it has on the loopback and the forwarder's own, 0
// for any, as arguments; its own port on standard output. Only the resolver is not the system's.
import { Forwarder } from "../../packages/relay/src/blind/forwarder.ts";
import { parseRange } from "../../packages/relay/src/blind/target.ts";

const [host = "", port = "", listenPort = "0"] = process.argv.slice(2);
await using forwarder = await Forwarder.listen({
  address: "127.0.0.1",
  targets: [{ listenPort: Number(listenPort), host, port: Number(port) }],
  ranges: [parseRange("127.0.0.0/8")],
  resolve: () => Promise.resolve(["127.0.0.1"]),
  log: (message, fields) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
});
process.stdout.write(`${forwarder.ports.get(host)}\n`);
const { promise, resolve } = Promise.withResolvers<void>();
process.once("SIGTERM", () => resolve());
await promise;
