#!/usr/bin/env node
// The relay: a program of its own for a small machine.
import { parseArgs } from "node:util";
import { AllowedAddresses } from "./allowed-addresses.ts";
import { Forwarder, type ForwarderOptions } from "./blind/forwarder.ts";
import { parseRange, parseTarget, TargetError } from "./blind/target.ts";
import { help } from "./help.ts";
import { ListenError } from "./tunnel-address.ts";
import { UsageError } from "./usage-error.ts";

const usageStatus = 64;
const failedStatus = 69;
const countMax = 65_536;
const portMax = 65_535;

const options = {
  listen: { type: "string" },
  target: { type: "string", multiple: true },
  range: { type: "string", multiple: true },
  connections: { type: "string" },
  "token-file": { type: "string" },
  "link-key-file": { type: "string" },
  "api-root": { type: "string" },
  "time-port": { type: "string" },
  spool: { type: "string" },
  "spool-records": { type: "string" },
  "spool-mib": { type: "string" },
  "spool-days": { type: "string" },
  usage: { type: "string" },
  "usage-for": { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

const say = (message: string, fields: Readonly<Record<string, string | number>> = {}): void => {
  const words = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  process.stderr.write(`${[message, ...words].join(" ")}\n`);
};

const both = ["listen", "range", "link-key-file", "time-port"];
const kept = ["spool", "spool-records", "spool-mib", "spool-days", "usage", "usage-for"];

/** Each layout has options of its own; one that belongs to the other is refused. */
const layouts: Readonly<
  Record<string, { open: (values: Values) => Promise<AsyncDisposable>; options: readonly string[] }>
> = {
  blind: { open: blind, options: [...both, "target", "connections"] },
  bot: { open: bot, options: [...both, "token-file", "api-root", ...kept] },
};

async function blind(values: Values): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const way = wayThrough(values);
  const forwarder = stack.use(await Forwarder.listen(way));
  for (const [host, port] of forwarder.ports) say("forwarding", { from: way.address, port, host });
  await tellTime(way.address, values, stack);
  return stack.move();
}

/** Tells the node the time where the two share a key. */
async function tellTime(
  address: string,
  { "link-key-file": keyFile, "time-port": port }: Values,
  stack: AsyncDisposableStack,
): Promise<void> {
  if (keyFile === undefined) {
    if (port !== undefined) throw new UsageError("--time-port needs --link-key-file");
    return;
  }
  const { Secret } = await import("@adyton/runtime/secret");
  const { timePortDefault } = await import("@adyton/runtime/signed-time");
  const { TimeServer } = await import("./time-server.ts");
  const key = Secret.fromFile(keyFile);
  const wished = port === undefined ? timePortDefault : portOf(port);
  const server = stack.use(await TimeServer.listen({ address, port: wished, key }));
  say("telling the time", { at: address, port: server.port });
}

function portOf(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > portMax)
    throw new UsageError(`--time-port is 0 to ${portMax}`);
  return Number(text);
}

function wayThrough({ listen, target = [], range = [], connections }: Values): ForwarderOptions {
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

/** What the bot's relay needs is loaded for it alone. */
async function bot(values: Values): Promise<AsyncDisposable> {
  const { address, port } = listenAt(values.listen);
  const apiRoot = rootOf(values["api-root"] ?? "https://api.telegram.org");
  const addresses = new AllowedAddresses({ ranges: (values.range ?? []).map(parseRange) });
  const [tokenFile, keyFile] = [values["token-file"], values["link-key-file"]];
  if (tokenFile === undefined) throw new UsageError("--token-file names the file with the token");
  if (keyFile === undefined)
    throw new UsageError("--link-key-file names the file with the key that the node has too");
  const { Secret } = await import("@adyton/runtime/secret");
  const { openBotRelay } = await import("./bot/bot-relay.ts");
  const { keepingOf } = await import("./bot/keeping-arguments.ts");
  await using stack = new AsyncDisposableStack();
  const relay = await openBotRelay({
    ...keepingOf(values),
    address,
    port,
    apiRoot,
    readToken: () => Secret.fromFile(tokenFile),
    linkKey: Secret.fromFile(keyFile),
    addresses,
    log: say,
  });
  stack.use(relay);
  say("waiting for the node", { at: address, port: relay.port, api: apiRoot.host });
  await tellTime(address, values, stack);
  return stack.move();
}

function listenAt(listen: string | undefined): { readonly address: string; readonly port: number } {
  const [, address = "", port = ""] = /^\[?([0-9a-f.:]+)\]?:(\d{1,5})$/i.exec(listen ?? "") ?? [];
  if (address === "" || Number(port) > portMax)
    throw new UsageError("--listen names the tunnel's address and a port, such as 10.77.0.1:7443");
  return { address, port: Number(port) };
}

function rootOf(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== "https:" || url.search !== "" || url.hash !== "" || url.username !== "")
    throw new UsageError("--api-root is an address that begins with https://");
  return url;
}

function wanted(): (() => Promise<AsyncDisposable>) | undefined {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help) return undefined;
  const [name = "", ...more] = positionals;
  const layout = Object.hasOwn(layouts, name) ? layouts[name] : undefined;
  if (layout === undefined || more.length > 0)
    throw new UsageError("say what to run: adyton-relay blind … or adyton-relay bot …");
  const foreign = Object.keys(values).find((each) => ![...layout.options, "help"].includes(each));
  if (foreign !== undefined) throw new UsageError(`--${foreign} does not belong to ${name}`);
  return () => layout.open(values);
}

async function run(): Promise<number> {
  const open = wanted();
  if (open === undefined) {
    process.stdout.write(help(process.env["LC_ALL"] ?? process.env["LANG"] ?? ""));
    return 0;
  }
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.once(signal, () => resolve());
  await using opened = await open();
  void opened;
  await promise;
  return 0;
}

const isUsage = (error: unknown): boolean =>
  error instanceof UsageError ||
  error instanceof TargetError ||
  (error instanceof TypeError && "code" in error);

/** Those of ours, whose message holds no secret. */
const isOurs = (error: unknown): error is Error =>
  error instanceof ListenError ||
  (error instanceof Error && ["SecretError", "SealError"].includes(error.name));

try {
  process.exitCode = await run();
} catch (error) {
  if (!isUsage(error) && !isOurs(error)) throw error;
  say(`adyton-relay: ${error instanceof Error ? error.message : "refused"}`);
  if (isUsage(error)) say("adyton-relay --help shows how.");
  process.exitCode = isUsage(error) ? usageStatus : failedStatus;
}
