/** Eight groups of an IPv6 address, or undefined. An IPv4 address at the end counts as two groups. */
function groupsOf(text: string): readonly number[] | undefined {
  const [address = ""] = text.split("%", 1);
  const v4 = /(?<=:)\d{1,3}(?:\.\d{1,3}){3}$/u.exec(address)?.[0];
  const bytes = v4 === undefined ? [] : bytesOf(v4);
  if (bytes === undefined) return undefined;
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0] = bytes;
  const tail = v4 === undefined ? [] : [b0 * 256 + b1, b2 * 256 + b3];
  const words = v4 === undefined ? address : address.slice(0, -v4.length).replace(/(?<!:):$/u, "");
  const halves = words.split("::");
  if (halves.length > 2) return undefined;
  const [head = [], rest = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const written = [...head, ...rest];
  if (!written.every((group) => /^[0-9a-f]{1,4}$/iu.test(group))) return undefined;
  const missing = 8 - written.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const zeros = Array.from({ length: Math.max(0, missing) }, () => "0");
  return [...[...head, ...zeros, ...rest].map((group) => Number.parseInt(group, 16)), ...tail];
}

function bytesOf(text: string): readonly number[] | undefined {
  const bytes = text.split(/[.-]/u).map(Number);
  return bytes.length === 4 && bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

/** One form for all the ways to write an address; undefined where it is none. */
function canonicalAddress(text: string): string | undefined {
  if (!text.includes(":")) return bytesOf(text)?.join(".");
  const groups = groupsOf(text);
  if (groups === undefined) return undefined;
  const [, , , , , mark = 0, high = 0, low = 0] = groups;
  // An IPv4 address within an IPv6 one is that IPv4 address.
  if (mark === 0xff_ff && groups.slice(0, 5).every((group) => group === 0))
    return [high >> 8, high & 255, low >> 8, low & 255].join(".");
  return groups.map((group) => group.toString(16)).join(":");
}

/** The network of a public IPv6 address: every address in it is of the same household. */
function networkOf(canonical: string): string | undefined {
  const groups = canonical.split(":");
  return groups.length === 8 && /^[23]...$/u.test(groups[0] ?? "")
    ? groups.slice(0, 4).join(":")
    : undefined;
}

/** Addresses that are the same everywhere, or stand for none: loopback, documentation (RFC 5737, 3849), Docker's own. */
const everybodys =
  /^(?:127\.|0\.0\.0\.0$|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|172\.17\.0\.1$|2001:db8:|(?:0:){7}[01]$)/u;

const candidates = [
  /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)(?:\.in-addr\.arpa)?/giu,
  /(?<![\d-])\d{1,3}(?:-\d{1,3}){3}(?![\d-])/gu,
  /(?<![\p{L}\p{N}:.])(?=[0-9a-f]{0,4}:[0-9a-f]{0,4}:)[0-9a-f:]{2,45}(?:\.\d{1,3}){0,3}/giu,
];
const hardwareAddress =
  /(?<![\p{L}\p{N}:-])(?:[0-9a-f]{2}([:-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}|[0-9a-f]{12})(?![\p{L}\p{N}:-])/giu;

/** The node's own addresses, however a text writes them. */
export class OwnAddresses {
  readonly #own: ReadonlySet<string>;
  readonly #networks: ReadonlySet<string>;
  readonly #hardware: ReadonlySet<string>;

  /** Takes addresses of the network and of its cards (MAC); what is everybody's is passed over. */
  constructor(addresses: readonly string[], hardware: readonly string[]) {
    const own = addresses
      .map(canonicalAddress)
      .filter((address) => address !== undefined)
      .filter((address) => !everybodys.test(address));
    this.#own = new Set(own);
    this.#networks = new Set(own.map(networkOf).filter((network) => network !== undefined));
    this.#hardware = new Set(hardware.map(digits).filter((card) => /[^0]/u.test(card)));
  }

  *find(text: string): Generator<{ readonly start: number; readonly end: number }> {
    for (const pattern of candidates)
      for (const { 0: found, index: start } of text.matchAll(pattern)) {
        const written = found.replace(/(?<!:):$/u, "");
        if (this.#isOwn(written)) yield { start, end: start + written.length };
      }
    for (const { 0: found, index: start } of text.matchAll(hardwareAddress))
      if (this.#hardware.has(digits(found))) yield { start, end: start + found.length };
  }

  #isOwn(written: string): boolean {
    const [reversed = "", suffix] = written.split(/\.in-addr/iu);
    const address = canonicalAddress(
      suffix === undefined ? written : reversed.split(".").toReversed().join("."),
    );
    if (address === undefined) return false;
    return this.#own.has(address) || this.#networks.has(networkOf(address) ?? "");
  }
}

const digits = (card: string): string => card.toLowerCase().replaceAll(/[^0-9a-f]/gu, "");
