/** What tells on which machine, for whom and with which keys a node runs. */
export interface OwnIdentity {
  /** Of the network: those of the machine's interfaces, and those the configuration names. */
  readonly addresses: readonly string[];
  /** Of the network's cards (MAC). */
  readonly cards: readonly string[];
  readonly hosts: readonly string[];
  readonly users: readonly string[];
  /** Folders and files; what lies below is theirs. */
  readonly paths: readonly string[];
  /** Models of processors and graphics cards, as the system names them. */
  readonly hardware: readonly string[];
  /** Releases of kernel and drivers, serial numbers. */
  readonly systems: readonly string[];
  readonly secrets: readonly string[];
}

/** Why something may not leave. */
export const leakKinds = [
  "address",
  "host",
  "user",
  "path",
  "hardware",
  "secret",
  "trace",
  "link",
  "word",
] as const;
export type LeakKind = (typeof leakKinds)[number];

/** A word that may not leave. */
export interface OwnWord {
  readonly text: string;
  readonly kind: LeakKind;
  /** Where it counts: anywhere, as a word of its own, as a host's name, or as the beginning of a path. */
  readonly place: "anywhere" | "word" | "host" | "path";
  /** A name that is also a word, such as `atlas`, counts only as the system writes it. */
  readonly isExact: boolean;
}

/** Shorter than this, a secret or a name would be found in any text. */
const secretCharsMin = 8;
const nameCharsMin = 4;

/** Names that thousands of machines have: they tell nothing, and stand in any manual. */
const everybodysNames = new Set(
  `root user admin administrator ubuntu debian fedora arch centos alpine node nodejs test guest nobody daemon docker
   ollama adyton vagrant runner builder jenkins deploy server client home host localhost localdomain local router
   gateway raspberrypi raspberry laptop desktop macbook computer default service system public media data dev demo
   example main master worker postgres redis nginx apache mysql www www-data ec2-user azureuser opc core vscode sshd mail
   api app web bot model models backend proxy relay work machine linux windows kali archlinux container workspace`.split(
    /\s+/u,
  ),
);
const everybodysPaths =
  /^(?:\/(?:bin|boot|dev|etc|home|lib|lib64|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var|snap|data|app|workspace|Users|Volumes)?|\/boot\/efi|\/usr\/(?:local|bin|lib|share)|\/usr\/local\/(?:bin|lib)|\/var\/(?:lib|log|tmp|www)|\/mnt\/data|\/(?:home|Users)\/[^/]+|[A-Za-z]:\\?(?:Users|Windows)?)\/?$/u;
const homeFolder = /^(?:\/(?:home|Users)\/|[A-Za-z]:\\Users\\)([^/\\]+)$/u;

/** Every word that a text is searched for. `keep` are names the owner lets pass, `hide` further words of his. */
export function ownWords(
  identity: OwnIdentity,
  { keep, hide }: { readonly keep: readonly string[]; readonly hide: readonly string[] },
): readonly OwnWord[] {
  const kept = new Set(keep.map((word) => word.toLowerCase()));
  const words: OwnWord[] = [
    ...identity.secrets
      .filter((secret) => secret.length >= secretCharsMin)
      .map((text): OwnWord => ({ text, kind: "secret", place: "anywhere", isExact: false })),
    ...identity.paths.filter(isTelling).flatMap(pathForms),
    ...identity.hosts.flatMap(hostForms),
    ...identity.users
      .filter(isName)
      .map((text): OwnWord => ({ text, kind: "user", place: "word", isExact: isPlain(text) })),
    ...identity.hardware.flatMap(hardwareForms),
    ...identity.systems
      .filter((text) => text.length >= 6)
      .map((text): OwnWord => ({ text, kind: "hardware", place: "word", isExact: false })),
    ...hide.map((text): OwnWord => ({ text, kind: "word", place: "word", isExact: false })),
  ];
  return words.filter(({ text }) => !kept.has(text.toLowerCase()));
}

const isName = (name: string): boolean =>
  name.length >= nameCharsMin && !everybodysNames.has(name.toLowerCase());
/** Could be a word of some language. */
const isPlain = (name: string): boolean => /^\p{L}+$/u.test(name);

function isTelling(path: string): boolean {
  const owner = homeFolder.exec(path)?.[1];
  if (owner !== undefined) return !everybodysNames.has(owner.toLowerCase());
  return !everybodysPaths.test(path);
}

function pathForms(path: string): readonly OwnWord[] {
  const whole = path.replace(/[/\\]+$/u, "");
  const forms = whole.includes("\\")
    ? [whole, whole.replaceAll("\\", "/"), whole.replaceAll("\\", "\\\\")]
    : [whole];
  return forms.map((text) => ({ text, kind: "path", place: "path", isExact: false }));
}

const ownSuffixes = ["local", "lan", "home", "internal", "localdomain"];

function hostForms(host: string): readonly OwnWord[] {
  const [short = host] = host.split(".", 1);
  const named = short === host ? ownSuffixes.map((suffix) => `${host}.${suffix}`) : [];
  const whole = short === host ? [] : [host];
  const bare = isName(short) ? [short] : [];
  const names = isName(short) || short !== host ? [...whole, ...named, ...bare] : [];
  return [...new Set(names)]
    .filter((text) => !/(?:^|\.)(?:localhost|example(?:\.(?:com|org|net))?)$/iu.test(text))
    .map((text) => ({ text, kind: "host", place: "host", isExact: isPlain(text) }));
}

/** Of a model's name these tell nothing: a generation, a size, a kind of memory. */
const plainToken = /^(?:\d+(?:st|nd|rd|th)|\d+[GMT]i?B|(?:HBM|GDDR|LPDDR|DDR|PCIE)\d\w?)$/iu;

/**
 * `NVIDIA GeForce RTX 4090` is also told as `RTX 4090` and `rtx4090`, `AMD Ryzen 9 7950X 16-Core Processor` as `7950X`. As
 * the system writes it, the name is looked for whole.
 */
function hardwareForms(model: string): readonly OwnWord[] {
  const tokens = model
    .replaceAll(/\((?:R|TM|C)\)|[®™©]|,/giu, " ")
    .replace(/ @ .*| with .*| w\/ .*/u, "")
    .split(/\s+/u)
    .filter((token) => token !== "" && !/^(?:cpu|processor|gpu|\w+-cores?)$/iu.test(token));
  const tails = tokens.map((_, index) => tokens.slice(index)).filter((tail) => tail.length > 1);
  const joined = tails
    .filter((tail) => tail.some((token) => /\d/u.test(token) && !plainToken.test(token)))
    .flatMap((tail) => [tail.join(" "), tail.join("-"), tail.join("")]);
  const numbers = tokens
    .flatMap((token) => [token, ...token.split("-")])
    .filter((token) => token.length >= 4 && /\d/u.test(token) && /\p{L}/u.test(token))
    .filter((token) => !plainToken.test(token));
  return [...new Set([model, ...joined, ...numbers])].map((text) => ({
    text,
    kind: "hardware",
    place: "word",
    isExact: false,
  }));
}
