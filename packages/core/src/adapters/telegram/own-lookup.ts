import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";

/** Finds one address of a host, as `dns.lookup` does; fails with its code. */
type Find = (
  host: string,
  done: (error: Error | null, address: string, family: 4 | 6) => void,
) => void;

/**
 * Finds a server's address for a socket: IPv4 if it has any, because an IPv6 that leads nowhere is common and a race of
 * both loses on slow ways. While names cannot be found, the address that worked last is used: who answers there is
 * checked by TLS. A question under way serves everybody who asks the same, so that a name server which says nothing
 * holds up one of Node's few threads and not all.
 */
export function ownLookup(find: Find = findInSystem): LookupFunction {
  const known = new Map<string, Found>();
  const waiting = new Map<string, Told[]>();
  const ask = (host: string): void =>
    find(host, (error, address, family) => {
      if (error === null) known.set(host, { address, family });
      const found = known.get(host);
      const told = waiting.get(host) ?? [];
      waiting.delete(host);
      for (const tell of told) tell(found === undefined ? error : null, found);
    });
  return (host, { all }, callback) => {
    const tell: Told = (error, { address, family } = { address: "", family: 4 }) => {
      if (all === true && error === null) callback(null, [{ address, family }]);
      else callback(error, address, family);
    };
    const others = waiting.get(host);
    if (others !== undefined) {
      others.push(tell);
      return;
    }
    waiting.set(host, [tell]);
    ask(host);
  };
}

type Told = (error: Error | null, found: Found | undefined) => void;

interface Found {
  readonly address: string;
  readonly family: 4 | 6;
}

const findInSystem: Find = (host, done) =>
  lookup(host, { all: true, order: "ipv4first" }, (error, addresses) => {
    const [first] = error === null ? addresses : [];
    if (first === undefined) done(error ?? new Error("no address"), "", 4);
    else done(null, first.address, first.family === 6 ? 6 : 4);
  });
