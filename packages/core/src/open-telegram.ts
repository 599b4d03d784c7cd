import type { Bilingual } from "@adyton/protocol";
import { systemClock } from "@adyton/runtime/clock";
import type { Secret } from "@adyton/runtime/secret";
import type { TelegramChannel } from "./adapters/telegram/telegram-channel.ts";
import { channelPrincipal, channelUser } from "./app/channels/channel-principals.ts";
import type { Confirmations } from "./app/channels/confirmations.ts";
import type { Pairings } from "./app/channels/pairings.ts";
import type { ExitCheck } from "./app/channels/exit-check.ts";
import type { Proxy } from "./adapters/telegram/proxy.ts";
import { parseProxy } from "./adapters/telegram/proxy-address.ts";
import type { Relay } from "./adapters/telegram/wire-fetch.ts";
import type { NodeConfig } from "./config.ts";
import { freshSecretAt, type Learns, secretAt } from "./configured-secret.ts";
import type { DedupeKey } from "./domain/journal/record.ts";
import type { DeliveriesPort, DoorsPort } from "./ports/channel.ts";
import type { Hear } from "./ports/file-words.ts";
import type { Principal } from "./ports/http.ts";
import type { JournalPort, RecordsPort } from "./ports/journal.ts";
import type { Notice } from "./notices.ts";
import type { Operations } from "./ports/operations.ts";

export interface TelegramParts {
  readonly config: NonNullable<NodeConfig["telegram"]>;
  readonly relay: NodeConfig["relay"];
  readonly operations: Operations;
  readonly journal: JournalPort;
  readonly records: RecordsPort;
  readonly deliveries: DeliveriesPort & DoorsPort;
  readonly pairings: Pairings;
  readonly confirmations: Confirmations;
  /** The file with the keys to which a relay seals what waits for the node. */
  readonly spoolKeys: string;
  readonly exit: ExitCheck;
  readonly secrets: Learns;
  /** Absent where no server for speech is configured. */
  readonly voice: { readonly hear: Hear } | undefined;
  readonly channelKey: (id: string) => DedupeKey;
  readonly conversationKey: (principal: Principal, name: string) => string;
  readonly language: keyof Bilingual;
  readonly log: (message: string, fields: Readonly<Record<string, string | number>>) => void;
  readonly notice: (notice: Notice) => void;
}

/** People as the journal has them: let in by a code, or confirmed as the owners they are. */
export interface KnownPeople {
  readonly pairings: Pick<Pairings, "has">;
  readonly confirmations: Pick<Confirmations, "has">;
}

/**
 * Who may speak: whom the configuration names, and who was let in by a code. Where the relay runs the bot, whoever has
 * taken it over could write in anybody's name, so an owner is a member there until he is confirmed on this machine.
 */
function admittedBy(
  { owners, allowed_user_ids, groups, via }: TelegramParts["config"],
  { pairings, confirmations }: KnownPeople,
) {
  const named = new Set(allowed_user_ids);
  return {
    owners: new Set(owners),
    members: { has: (user: number) => named.has(user) || pairings.has(user) },
    isSure: (owner: number) => via !== "bot" || confirmations.has(owner),
    groups: new Set(groups),
  };
}

/** The principal of a Telegram user who may speak, by the id in the journal. */
export function telegramPrincipal(
  { telegram }: NodeConfig,
  people: KnownPeople,
  id: string,
): Principal | undefined {
  const user = channelUser("telegram", id);
  if (telegram === undefined || user === undefined) return undefined;
  return channelPrincipal("telegram", user, admittedBy(telegram, people));
}

/** The relay's address in parts; the configuration has one where something goes through it. */
export function relayOf(relay: NodeConfig["relay"]): Relay | undefined {
  if (relay === undefined) return undefined;
  const { hostname, port } = new URL(`tcp://${relay.address}`);
  return { host: hostname.replaceAll(/^\[|\]$/g, ""), port: Number(port) };
}

/** The way to Telegram, and the token where this machine has it. */
async function wayOf(
  parts: TelegramParts,
  stack: AsyncDisposableStack,
  tellOwners: TelegramChannel["tellOwners"],
) {
  const { config, relay: second, pairings, secrets } = parts;
  const relay = relayOf(second);
  if (config.via === "bot" && relay !== undefined) {
    const key = freshSecretAt("relay.link_key_file", second?.link_key_file, secrets);
    const { LinkClient } = await import("./adapters/telegram/link-client.ts");
    const { dialRelay, LinkFetch, noToken } = await import("./adapters/telegram/link-fetch.ts");
    const dial = dialRelay.bind(undefined, relay);
    const link = stack.use(new LinkClient({ dial, key, clock: systemClock }));
    link.start();
    const { openSpool } = await import("./open-spool.ts");
    const named = [...config.owners, ...config.allowed_user_ids];
    const people = (): readonly number[] => [...new Set([...named, ...pairings.users])];
    const spool = openSpool(link, people, { ...parts, tellOwners });
    const wire = new LinkFetch(link);
    return { readToken: () => noToken, wire, relay: undefined, proxy: undefined, spool };
  }
  const readToken = (): Secret => secretAt("telegram.token_file", config.token_file, secrets);
  readToken();
  const proxy = proxyOf(config, secrets);
  proxy?.readLogin();
  const through = config.via === "blind" ? relay : undefined;
  return { readToken, wire: undefined, relay: through, proxy, spool: undefined };
}

/** The proxy that the configuration names, where something goes through it. Its login is read for each connection. */
export function proxyOf(
  { via, proxy, proxy_login_file: file }: TelegramParts["config"],
  known?: Learns,
): Proxy | undefined {
  if (via !== "proxy" || proxy === undefined) return undefined;
  const readLogin = (): Secret | undefined =>
    file === undefined ? undefined : secretAt("telegram.proxy_login_file", file, known);
  return { ...parseProxy(proxy), readLogin };
}

/**
 * Opens the bot; it does not poll before its `start`. Its code is loaded only here, and what it needs closes with the
 * stack. Throws `StartError` for its token or its key.
 */
export async function openTelegram(
  parts: TelegramParts,
  stack: AsyncDisposableStack,
): Promise<TelegramChannel> {
  const { config, operations, journal, records, deliveries, voice, language, log } = parts;
  const opened: { channel?: TelegramChannel } = {};
  const way = await wayOf(parts, stack, async (...told) => opened.channel?.tellOwners(...told));
  const { TelegramChannel } = await import("./adapters/telegram/telegram-channel.ts");
  const channel = new TelegramChannel({
    ...way,
    apiRoot: config.api_root,
    relayAddress: config.via === "blind" || config.via === "bot" ? parts.relay?.address : undefined,
    admitted: admittedBy(config, parts),
    told: config.owners,
    pairings: parts.pairings,
    operations,
    journal,
    records,
    deliveries,
    exit: parts.exit,
    readDocument: async (bytes, mediaType, signal) => {
      const { documentWords } = await import("./document-words.ts");
      return documentWords(bytes, mediaType, signal);
    },
    hear: voice === undefined ? undefined : (recording, signal) => voice.hear(recording, signal),
    dedupeKey: parts.channelKey,
    conversationKey: parts.conversationKey,
    language,
    drafts: config.drafts,
    clock: systemClock,
    log,
    onDoor: (status, detail) => {
      log("the Telegram door changed", { status, detail });
      parts.notice({ kind: "door_changed", door: "Telegram", status, detail });
    },
  });
  opened.channel = channel;
  return channel;
}
