#!/usr/bin/env node
// The relay: a program of its own for a small machine, with no dependency but Node.
import { parseArgs } from "node:util";
import { Forwarder, ForwarderError } from "./blind/forwarder.ts";
import { parseRange, parseTarget, TargetError } from "./blind/target.ts";
import { help } from "./help.ts";

const usageStatus = 64;
const failedStatus = 69;
const countMax = 65_536;

const options = {
  listen: { type: "string" },
  target: { type: "string", multiple: true },
  range: { type: "string", multiple: true },
  connections: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

class UsageError extends Error {}

const say = (message: string, fields: Readonly<Record<string, string | number>> = {}): void => {
  const words = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  process.stderr.write(`${[message, ...words].join(" ")}\n`);
};

function wanted(): Parameters<typeof Forwarder.listen>[0] | undefined {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help) return undefined;
  if (positionals.length !== 1 || positionals[0] !== "blind")
    throw new UsageError("say what to run: adyton-relay blind …");
  const { listen, target = [], range = [], connections } = values;
  if (listen === undefined) throw new UsageError("--listen names the tunnel's address");
  if (target.length === 0) throw new UsageError("--target names at least one way out");
  const count = connections === undefined ? undefined : Number(connections);
  if (count !== undefined && !(Number.isInteger(count) && count >= 1 && count <= countMax))
    throw new UsageError(`--connections is 1 to ${countMax}`);
  return {
    address: listen,
    targets: target.map(parseTarget),
    ranges: range.map(parseRange),
    ...(count === undefined ? {} : { connectionsMax: count }),
    log: say,
  };
}

async function run(): Promise<number> {
  const asked = wanted();
  if (asked === undefined) {
    process.stdout.write(help(process.env["LC_ALL"] ?? process.env["LANG"] ?? ""));
    return 0;
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.once(signal, () => resolve());
  await using forwarder = await Forwarder.listen(asked);
  for (const [host, port] of forwarder.ports)
    say("forwarding", { from: asked.address, port, host });
  await promise;
  return 0;
}

const isUsage = (error: unknown): boolean =>
  error instanceof UsageError ||
  error instanceof TargetError ||
  (error instanceof TypeError && "code" in error);

try {
  process.exitCode = await run();
} catch (error) {
  if (!isUsage(error) && !(error instanceof ForwarderError)) throw error;
  say(`adyton-relay: ${error instanceof Error ? error.message : "refused"}`);
  if (isUsage(error)) say("adyton-relay --help shows how.");
  process.exitCode = isUsage(error) ? usageStatus : failedStatus;
}
