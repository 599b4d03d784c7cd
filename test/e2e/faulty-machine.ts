// Loaded into a node before anything else (`node --import`): the machine around it, whose clock may be put forward or back
// and whose names may not be found, as the file in ADYTON_TEST_MACHINE says at any moment.
import dns from "node:dns";
import { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

export interface Machine {
  /** Added to the clock on the wall. */
  readonly clockMs?: number;
  /** The addresses of names; `null` is a name server that knows nothing. */
  readonly names?: Readonly<Record<string, readonly string[]>> | null;
}

const file = process.env["ADYTON_TEST_MACHINE"] ?? "";
const readEveryMs = 50;
let machine: Machine = {};
let readMs = Number.NEGATIVE_INFINITY;

function now(): Machine {
  if (performance.now() - readMs < readEveryMs) return machine;
  readMs = performance.now();
  try {
    // Written by the test that starts the node, so its shape is known.
    machine = JSON.parse(readFileSync(file, "utf8")) as Machine;
  } catch {
    // It is being written just now.
  }
  return machine;
}

const realNow = Date.now;
Date.now = () => realNow() + (now().clockMs ?? 0);

const realLookup = dns.lookup;
type Done = (error: Error | null, found?: unknown, family?: number) => void;
type Options = { readonly all?: boolean; readonly order?: string };
function lookup(host: string, options: Options, done: Done): void {
  const { names = {} } = now();
  const isOurs = host.endsWith(".test");
  if (isOurs && names === null) {
    done(Object.assign(new Error("no name server"), { code: "EAI_AGAIN" }));
    return;
  }
  const addresses = names?.[host];
  if (addresses === undefined) {
    Reflect.apply(realLookup, dns, [host, options, done]);
    return;
  }
  const family = (address: string): number => (address.includes(":") ? 6 : 4);
  const sorted =
    options.order === "ipv4first"
      ? addresses.toSorted((left, right) => family(left) - family(right))
      : addresses;
  const found = sorted.map((address) => ({ address, family: family(address) }));
  if (options.all === true) done(null, found);
  else done(null, found[0]?.address, found[0]?.family);
}
Object.assign(dns, { lookup });
syncBuiltinESMExports();
