import { lookup } from "node:dns/promises";
import { type BlockList, isIP } from "node:net";
import { isIn, privateAddresses } from "./blind/target.ts";

/** Finds a host's addresses; the system's resolver without it. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export interface AllowedAddressesOptions {
  /** Where addresses must lie; anywhere public when empty. */
  readonly ranges?: readonly BlockList[];
  readonly resolve?: Resolve | undefined;
}

/** `NO_ADDRESS`: the resolver knows none. `FOREIGN_ADDRESS`: none that it knows is allowed. */
export class AddressError extends Error {
  override readonly name = "AddressError";
  readonly code: "NO_ADDRESS" | "FOREIGN_ADDRESS";

  constructor(code: AddressError["code"], options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

/** The addresses that a host may be reached at: the relay is no way into a network of its own. */
export class AllowedAddresses {
  readonly #ranges: readonly BlockList[];
  readonly #resolve: Resolve;
  readonly #private = privateAddresses();

  constructor({ ranges = [], resolve = systemAddresses }: AllowedAddressesOptions) {
    this.#ranges = ranges;
    this.#resolve = resolve;
  }

  /** Those of the older kind first: a network that loses the newer one says nothing of it. Throws `AddressError`. */
  async of(host: string): Promise<{ readonly address: string; readonly family: number }[]> {
    let all: readonly string[];
    try {
      all = await this.#resolve(host);
    } catch (cause) {
      throw new AddressError("NO_ADDRESS", { cause });
    }
    const list = all
      .filter((address) => this.#isAllowed(address))
      .map((address) => ({ address, family: isIP(address) }));
    if (list.length === 0)
      throw new AddressError(all.length === 0 ? "NO_ADDRESS" : "FOREIGN_ADDRESS");
    return list.toSorted((one, other) => one.family - other.family);
  }

  #isAllowed(address: string): boolean {
    if (this.#ranges.length === 0) return !isIn(this.#private, address);
    return this.#ranges.some((range) => isIn(range, address));
  }
}

async function systemAddresses(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address);
}
