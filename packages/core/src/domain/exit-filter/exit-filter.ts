import { commandTable } from "@adyton/protocol";
import { readText } from "../commands/command-text.ts";
import { visibleText } from "../external/visible-text.ts";

/** What an answer may carry out all the same. */
export interface ExitRules {
  /** Hosts whose addresses may be links; their subdomains too. */
  readonly hosts: readonly string[];
  /** Addresses that the person or the node's own sources named, to the letter. */
  readonly addresses: ReadonlySet<string>;
  /** Texts that never leave: keys, tokens, and what was planted to be noticed. */
  readonly secrets: readonly string[];
}

/** How often something was made inert. */
interface Neutralised {
  readonly links: number;
  readonly images: number;
  readonly commands: number;
  readonly secrets: number;
}

interface Filtered {
  readonly text: string;
  readonly neutralised: Neutralised;
}

const removed = "[removed]";
/** A node's token, whoever's it is (`newSecret`), and a Telegram bot's. */
const tokenPattern = /adyton_[\w-]{43}|(?<![\p{L}\p{N}])\d{6,12}:[\w-]{30,64}/gu;
/** Shorter than this, a secret would be found in any text. */
const secretCharsMin = 8;

/** Elements by which a page loads something or leads somewhere. */
const element =
  /<(?=\/?(?:a|area|audio|base|body|button|embed|form|frame|iframe|image|img|input|link|meta|object|script|source|style|svg|track|use|video)(?:[\s/>]|$))/giu;
const image = /!(?=\[)/gu;
const destination = /\](?=\(<?([^\s)>]*))/gu;
const reference = /\](?=:)/gu;
const address = /(?<![\p{L}\p{N}])([a-z][a-z0-9+.-]{1,20}):\/\/([^\s<>"'»”`)\]]*)/giu;
const bareScheme = /(?<![\p{L}\p{N}])(javascript|vbscript|data|mailto|tg):(?=\S)/giu;
const bareHost =
  /(?<![\p{L}\p{N}@/._[\]-])(?:www\.\S|(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}(?=(?::\d{1,5})?[/?#]\S))[^\s/?#:]*/giu;

const commandNames = new Set([
  "command",
  ...commandTable.flatMap(({ name, slash }) => [name, ...slash.map((form) => form.slice(1))]),
]);
const slashWord = /(?<=^|[\s"'«“(`])\/(\p{L}[\p{L}\p{N}_-]{0,63})/gu;

/**
 * Makes inert what a text could do beyond being read: links and images outside the rules become text that shows them
 * (`hxxps://evil[.]example`), commands of the node get a broken slash, secrets are gone, and characters nobody sees with
 * them. Nothing else changes.
 */
export function filterExit(text: string, rules: ExitRules): Filtered {
  const filtered = filterWords(text, rules);
  // A command's bare word is one only as the whole text.
  if (readText(filtered.text).kind !== "command") return filtered;
  const { neutralised } = filtered;
  return {
    text: filtered.text.replace(/\S.*\S/su, "“$&”"),
    neutralised: { ...neutralised, commands: neutralised.commands + 1 },
  };
}

const nothingAllowed: ExitRules = { hosts: [], addresses: new Set(), secrets: [] };

/** A text that nothing can come of but its reading, whoever wrote it. */
export function inert(text: string): string {
  return filterExit(text, nothingAllowed).text;
}

/** `filterExit` for part of a text: it looks at no more than one word at a time, so a text may be cut between words. */
export function filterWords(text: string, rules: ExitRules): Filtered {
  const { text: kept, found } = withoutSecrets(visibleText(text), rules.secrets);
  const count = { links: 0, images: 0, commands: 0, secrets: found };
  const shown = kept
    .replace(image, () => {
      count.images += 1;
      return "";
    })
    .replace(element, () => {
      count.links += 1;
      return "< ";
    })
    .replace(destination, (bracket, target: string) =>
      target.startsWith("#") || isAllowed(target, rules) ? bracket : `${bracket} `,
    )
    .replace(reference, "] ")
    .replace(address, (whole, scheme: string, rest: string) => {
      if (/^hxxps?$/iu.test(scheme) || isAllowed(whole, rules)) return whole;
      count.links += 1;
      return defanged(scheme, rest);
    })
    .replace(bareScheme, (_whole, scheme: string) => {
      count.links += 1;
      return `${scheme}[:]`;
    })
    .replace(bareHost, (host) => {
      count.links += 1;
      return host.replaceAll(".", "[.]");
    })
    .replace(slashWord, (whole, name: string) => {
      if (!commandNames.has(name.toLowerCase().replaceAll("-", "_"))) return whole;
      count.commands += 1;
      return `[/]${name}`;
    });
  return { text: shown, neutralised: count };
}

/** The text without the secrets and without any token of a node. */
export function withoutSecrets(
  text: string,
  secrets: readonly string[],
): { readonly text: string; readonly found: number } {
  let found = 0;
  const remove = (): string => {
    found += 1;
    return removed;
  };
  let shown = text.replace(tokenPattern, remove);
  for (const secret of secrets)
    if (secret.length >= secretCharsMin) shown = shown.replaceAll(secret, remove);
  return { text: shown, found };
}

function defanged(scheme: string, rest: string): string {
  const safe = /^https?$/iu.test(scheme) ? scheme.replace(/tt/iu, "xx") : `${scheme}[:]`;
  const [host = ""] = rest.split(/[/?#]/u, 1);
  return `${safe}${safe.endsWith("]") ? "" : ":"}//${host.replaceAll(".", "[.]")}${rest.slice(host.length)}`;
}

function isAllowed(found: string, { hosts, addresses }: ExitRules): boolean {
  const target = found.replace(/[.,;:!?…*_`]+$/u, "");
  if (addresses.has(found) || addresses.has(target)) return true;
  if (!URL.canParse(target)) return false;
  const { protocol, hostname, username, password } = new URL(target);
  if (protocol !== "https:" && protocol !== "http:") return false;
  if (username !== "" || password !== "") return false;
  return hosts.some((host) => hostname === host || hostname.endsWith(`.${host}`));
}
