import { readdir, readFile } from "node:fs/promises";
import { homedir, hostname, networkInterfaces, release, userInfo, version } from "node:os";
import { join } from "node:path";
import type { OwnIdentity } from "../../domain/exit-filter/own-identity.ts";

/** What is read of one file, such as a long list of processors. */
const fileCharsMax = 65_536;
/** Of a list, such as that of users or mounts. */
const entriesMax = 1_000;
/** People's accounts; below are the system's, above is nobody's. */
const humanIds = { from: 1_000, to: 60_000 };
/** Mounts of the system's own, of which every machine has the like. */
const systemMount = /^\/(?:proc|sys|dev|run|boot|snap|var\/lib|var\/snap|etc|tmp)(?:\/|$)/u;
/** Names that makers leave in place of one. */
const noProduct =
  /filled by|default string|system product name|system version|not specified|unknown|none|standard pc|virtual|kvm|^\W*$/iu;

/**
 * Reads what tells this machine from others, from the system and from files under `/proc`, `/sys` and `/etc`; a file that
 * is not there tells nothing. `root` stands in for `/` in tests.
 */
export async function machineIdentity(root = "/"): Promise<OwnIdentity> {
  const read = (path: string): Promise<string> => textOf(join(root, path));
  const [cpu, passwd, mounts, name, machineId, nvidia, board, ...graphics] = await Promise.all([
    read("proc/cpuinfo"),
    read("etc/passwd"),
    read("proc/self/mounts"),
    read("etc/hostname"),
    read("etc/machine-id"),
    read("proc/driver/nvidia/version"),
    products(read),
    ...(await graphicsFiles(root)).map(textOf),
  ]);
  const cards = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const people = peopleIn(passwd);
  const me = accountOf();
  const short = hostname();
  return {
    addresses: cards.map(({ address }) => address),
    cards: [...new Set(cards.map(({ mac }) => mac))],
    hosts: distinct([short, name.trim()]),
    users: distinct([me.name, ...people.map((person) => person.name)]),
    paths: distinct([homedir(), me.home, ...people.map(({ home }) => home), ...mountsIn(mounts)]),
    hardware: distinct([
      ...matches(cpu, /^(?:model name|Model)\s*:\s*(.+)$/gmu),
      ...board,
      ...graphics.flatMap((text) => matches(text, /^(?:Model:\s*)?([^:\n]+)$/gmu)),
    ]),
    systems: distinct([
      release(),
      version(),
      machineId.trim(),
      ...matches(nvidia, /(?<=\s)(\d{3}\.\d{1,3}(?:\.\d{1,3})?)(?=\s)/gu),
      ...graphics.flatMap((text) => matches(text, /^(?:GPU UUID|Video BIOS):\s*(.+)$/gmu)),
    ]),
    secrets: [],
  };
}

/** The texts of a file's names of models, made by NVIDIA's driver and by AMD's. */
async function graphicsFiles(root: string): Promise<readonly string[]> {
  const nvidia = join(root, "proc/driver/nvidia/gpus");
  const drm = join(root, "sys/class/drm");
  const [cards, screens] = await Promise.all([namesIn(nvidia), namesIn(drm)]);
  return [
    ...cards.map((card) => join(nvidia, card, "information")),
    ...screens
      .filter((name) => /^card\d+$/u.test(name))
      .map((name) => join(drm, name, "device/product_name")),
  ];
}

async function products(read: (path: string) => Promise<string>): Promise<readonly string[]> {
  const names = ["product_name", "board_name"].map((name) => read(`sys/class/dmi/id/${name}`));
  const texts = await Promise.all(names);
  return texts.map((text) => text.trim()).filter((text) => !noProduct.test(text));
}

function peopleIn(passwd: string): readonly { readonly name: string; readonly home: string }[] {
  return passwd
    .split("\n", entriesMax)
    .map((line) => line.split(":"))
    .filter(([, , id]) => Number(id) >= humanIds.from && Number(id) < humanIds.to)
    .map(([name = "", , , , , home = ""]) => ({ name, home }));
}

function mountsIn(mounts: string): readonly string[] {
  return mounts
    .split("\n", entriesMax)
    .map((line) => (line.split(" ")[1] ?? "").replaceAll(/\\040/gu, " "))
    .filter((path) => path.startsWith("/") && !systemMount.test(path));
}

function accountOf(): { readonly name: string; readonly home: string } {
  try {
    const { username: name, homedir: home } = userInfo();
    return { name, home };
  } catch {
    // In a container a user may have a number and no account; a number tells nothing.
    return { name: "", home: "" };
  }
}

const matches = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].slice(0, entriesMax).map(([, found = ""]) => found.trim());

const distinct = (texts: readonly string[]): readonly string[] =>
  [...new Set(texts)].filter((text) => text !== "");

async function textOf(path: string): Promise<string> {
  return (await readFile(path, "utf8").catch(() => "")).slice(0, fileCharsMax);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch((): string[] => [])).slice(0, entriesMax);
}
