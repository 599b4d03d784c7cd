import type { Bilingual } from "@adyton/protocol";
import { systemClock } from "@adyton/runtime/clock";
import { Secret, SecretError } from "@adyton/runtime/secret";
import type { TelegramChannel } from "./adapters/telegram/telegram-channel.ts";
import { channelPrincipal, channelUser } from "./app/channels/channel-principals.ts";
import type { Pairings } from "./app/channels/pairings.ts";
import type { ExitCheck } from "./app/channels/exit-check.ts";
import type { Relay } from "./adapters/telegram/wire-fetch.ts";
import type { NodeConfig } from "./config.ts";
import type { DedupeKey } from "./domain/journal/record.ts";
import type { DeliveriesPort, DoorsPort } from "./ports/channel.ts";
import type { Principal } from "./ports/http.ts";
import type { JournalPort, RecordsPort } from "./ports/journal.ts";
import type { Notice } from "./notices.ts";
import type { Operations } from "./ports/operations.ts";
import { StartError } from "./start-error.ts";

export interface TelegramParts {
  readonly config: NonNullable<NodeConfig["telegram"]>;
  readonly relay: NodeConfig["relay"];
  readonly operations: Operations;
  readonly journal: JournalPort;
  readonly records: RecordsPort;
  readonly deliveries: DeliveriesPort & DoorsPort;
  readonly pairings: Pairings;
  readonly exit: ExitCheck;
  readonly channelKey: (id: string) => DedupeKey;
  readonly language: keyof Bilingual;
  readonly log: (message: string, fields: Readonly<Record<string, string | number>>) => void;
  readonly notice: (notice: Notice) => void;
}

/** Who may speak: whom the configuration names, and who was let in by a code. */
function admittedBy(
  { owners, allowed_user_ids, groups }: TelegramParts["config"],
  pairings: Pick<Pairings, "has">,
) {
  const named = new Set(allowed_user_ids);
  return {
    owners: new Set(owners),
    members: { has: (user: number) => named.has(user) || pairings.has(user) },
    groups: new Set(groups),
  };
}

/** The principal of a Telegram user who may speak, by the id in the journal. */
export function telegramPrincipal(
  { telegram }: NodeConfig,
  pairings: Pick<Pairings, "has">,
  id: string,
): Principal | undefined {
  const user = channelUser("telegram", id);
  if (telegram === undefined || user === undefined) return undefined;
  return channelPrincipal("telegram", user, admittedBy(telegram, pairings));
}

/** The relay's address in parts; the configuration has one where something goes through it. */
export function relayOf(relay: NodeConfig["relay"]): Relay | undefined {
  if (relay === undefined) return undefined;
  const { hostname, port } = new URL(`tcp://${relay.address}`);
  return { host: hostname.replaceAll(/^\[|\]$/g, ""), port: Number(port) };
}

/** Opens the bot; it does not poll before its `start`. Its code is loaded only here. Throws `StartError` for its token. */
export async function openTelegram(parts: TelegramParts): Promise<TelegramChannel> {
  const { config, operations, journal, records, deliveries, language, log } = parts;
  const readToken = (): Secret => Secret.fromFile(config.token_file);
  try {
    readToken();
  } catch (error) {
    if (!(error instanceof SecretError)) throw error;
    throw new StartError("key_refused", `telegram.token_file: ${error.message}`, {
      cause: error,
    });
  }
  const { TelegramChannel } = await import("./adapters/telegram/telegram-channel.ts");
  return new TelegramChannel({
    readToken,
    apiRoot: config.api_root,
    relay: config.via === "blind" ? relayOf(parts.relay) : undefined,
    admitted: admittedBy(config, parts.pairings),
    pairings: parts.pairings,
    operations,
    journal,
    records,
    deliveries,
    exit: parts.exit,
    dedupeKey: parts.channelKey,
    language,
    clock: systemClock,
    log,
    onDoor: (status, detail) => {
      log("the Telegram door changed", { status, detail });
      parts.notice({ kind: "door_changed", door: "Telegram", status, detail });
    },
  });
}
