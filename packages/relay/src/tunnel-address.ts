import { BlockList, isIP } from "node:net";
import { isIn, privateAddresses } from "./blind/target.ts";

/** An address or a port that the relay does not, or cannot, listen at. */
export class ListenError extends Error {
  override readonly name = "ListenError";
}

/** Throws `ListenError` for an address that the internet reaches, and for all addresses of the machine at once. */
export function requireTunnelAddress(address: string): void {
  if (isIP(address) === 0 || !isIn(privateAddresses(), address) || isUnspecified(address))
    throw new ListenError(
      `${address} is not an address of a tunnel: the relay never listens where the internet can reach it`,
    );
}

/** Every address of the machine, in any spelling of it. */
function isUnspecified(address: string): boolean {
  const list = new BlockList();
  list.addAddress("0.0.0.0");
  list.addAddress("::", "ipv6");
  return isIn(list, address);
}
