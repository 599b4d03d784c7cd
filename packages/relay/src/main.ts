#!/usr/bin/env node
// The relay: a program of its own for a small machine.
import { parseArgs } from "node:util";
import { AllowedAddresses } from "./allowed-addresses.ts";
import { Forwarder, type ForwarderOptions } from "./blind/forwarder.ts";
import { parseRange, parseTarget, TargetError } from "./blind/target.ts";
import { help } from "./help.ts";
import { ListenError } from "./tunnel-address.ts";

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
  help: { type: "boolean", short: "h", default: false },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

class UsageError extends Error {}

const say = (message: string, fields: Readonly<Record<string, string | number>> = {}): void => {
  const words = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  process.stderr.write(`${[message, ...words].join(" ")}\n`);
};

/** Each layout has options of its own; one that belongs to the other is refused. */
const layouts: Readonly<
  Record<string, { open: (values: Values) => Promise<AsyncDisposable>; options: readonly string[] }>
> = {
  blind: { open: blind, options: ["listen", "target", "range", "connections"] },
  bot: { open: bot, options: ["listen", "range", "token-file", "link-key-file", "api-root"] },
};

async function blind(values: Values): Promise<AsyncDisposable> {
  const forwarder = await Forwarder.listen(wayThrough(values));
  for (const [host, port] of forwarder.ports)
    say("forwarding", { from: values.listen ?? "", port, host });
  return forwarder;
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
  const relay = await openBotRelay({
    address,
    port,
    apiRoot,
    readToken: () => Secret.fromFile(tokenFile),
    linkKey: Secret.fromFile(keyFile),
    addresses,
    log: say,
  });
  say("waiting for the node", { at: address, port: relay.port, api: apiRoot.host });
  return relay;
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
  error instanceof ListenError || (error instanceof Error && error.name === "SecretError");

try {
  process.exitCode = await run();
} catch (error) {
  if (!isUsage(error) && !isOurs(error)) throw error;
  say(`adyton-relay: ${error instanceof Error ? error.message : "refused"}`);
  if (isUsage(error)) say("adyton-relay --help shows how.");
  process.exitCode = isUsage(error) ? usageStatus : failedStatus;
}
