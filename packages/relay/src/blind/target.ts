import { BlockList, isIP } from "node:net";

/** A fixed way out: what comes in at a port leaves to one server and no other. */
export interface Target {
  readonly listenPort: number;
  readonly host: string;
  readonly port: number;
}

export class TargetError extends Error {
  override readonly name = "TargetError";
}

const portMax = 65_535;
const tlsPort = 443;
const hostName =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/;
/** This machine itself, for a trial with everything on it: it is reached only where a range allows the loopback. */
const ownName = "localhost";

/** Reads `PORT=HOST` or `PORT=HOST:PORT`. Throws `TargetError` with what is wrong. */
export function parseTarget(text: string): Target {
  const [, listen = "", host = "", port = String(tlsPort)] =
    /^(\d+)=([^:@/]+)(?::(\d+))?$/.exec(text.toLowerCase()) ?? [];
  if (listen === "")
    throw new TargetError(`${text} is no target: write PORT=HOST or PORT=HOST:PORT`);
  if (host !== ownName && (isIP(host) !== 0 || !hostName.test(host)))
    throw new TargetError(`${text}: the target is a host's name, such as api.telegram.org`);
  const target = { listenPort: Number(listen), host, port: Number(port) };
  if (target.listenPort > portMax || target.port > portMax || target.port === 0)
    throw new TargetError(`${text}: a port is 1 to ${portMax}`);
  return target;
}

/**
 * Addresses that no public server has (IANA special-purpose registries): a resolver that answers with one would turn
 * the relay into a way to its own network.
 */
export function privateAddresses(): BlockList {
  const list = new BlockList();
  const subnets: readonly [net: string, prefix: number, family: "ipv4" | "ipv6"][] = [
    ["0.0.0.0", 8, "ipv4"],
    ["10.0.0.0", 8, "ipv4"],
    ["100.64.0.0", 10, "ipv4"],
    ["127.0.0.0", 8, "ipv4"],
    ["169.254.0.0", 16, "ipv4"],
    ["172.16.0.0", 12, "ipv4"],
    ["192.0.0.0", 24, "ipv4"],
    ["192.168.0.0", 16, "ipv4"],
    ["198.18.0.0", 15, "ipv4"],
    ["224.0.0.0", 3, "ipv4"],
    ["::", 127, "ipv6"],
    ["64:ff9b::", 96, "ipv6"],
    ["fc00::", 7, "ipv6"],
    ["fe80::", 10, "ipv6"],
    ["ff00::", 8, "ipv6"],
  ];
  for (const [net, prefix, family] of subnets) list.addSubnet(net, prefix, family);
  return list;
}

/** Reads a range of addresses, `NET/PREFIX`. Throws `TargetError`. */
export function parseRange(text: string): BlockList {
  const [, net = "", prefix = ""] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text) ?? [];
  const family = isIP(net) === 6 ? "ipv6" : "ipv4";
  const bits = family === "ipv6" ? 128 : 32;
  if (isIP(net) === 0 || Number(prefix) > bits)
    throw new TargetError(`${text} is no range of addresses: write 149.154.160.0/20`);
  const list = new BlockList();
  list.addSubnet(net, Number(prefix), family);
  return list;
}

/** Whether an address lies in a list. */
export function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
