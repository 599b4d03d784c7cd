import type { Bilingual } from "@adyton/protocol";
import { systemClock } from "@adyton/runtime/clock";
import { CodedError } from "@adyton/runtime/coded-error";
import { EpochKeyError, EpochKeys } from "./adapters/keys/epoch-keys.ts";
import type { LinkClient } from "./adapters/telegram/link-client.ts";
import { type LossReason, SpooledUpdates } from "./adapters/telegram/spooled-updates.ts";
import type { NewRecord } from "./domain/journal/record.ts";
import type { TelegramParts } from "./open-telegram.ts";
import { SecretError } from "@adyton/runtime/secret";
import { StartError } from "./start-error.ts";

/** Takes what the relay has kept while the node was away. Throws `StartError` for the file with its keys. */
export function openSpool(
  link: Pick<LinkClient, "call">,
  people: () => readonly number[],
  {
    spoolKeys,
    journal,
    language,
    log,
    notice,
    tellOwners,
  }: Pick<TelegramParts, "spoolKeys" | "language" | "log" | "notice"> & {
    readonly journal: Pick<TelegramParts["journal"], "append">;
    /** Tells them once for a key. */
    readonly tellOwners: (key: string, text: string) => Promise<void>;
  },
): SpooledUpdates {
  const onLost = (reason: LossReason, count: number): void => {
    log("updates in the relay's spool are lost", { reason, count });
    const words = lost[reason](count)[language];
    notice({ kind: "warning", text: words });
    const record: NewRecord = {
      owner: "node",
      actor: "node",
      tier: "owner",
      class: "trace",
      origin: "node",
      type: "spool.dropped",
      facts: { reason, count },
      data: {},
    };
    // A disk that takes nothing is reported by the journal's own state.
    tell(record, said(words)).catch(() => undefined);
  };
  const tell = async (record: NewRecord, text: string): Promise<void> => {
    const written = await journal.append({ records: [record] });
    if (written.kind === "appended") await tellOwners(`lost/${written.firstSeq}`, text);
  };
  return new SpooledUpdates({
    ask: async (method, body, signal) => {
      const contentType = "application/json";
      try {
        return (await link.call({ type: "call", method, contentType }, body, signal)).body;
      } catch (error) {
        if (error instanceof CodedError && error.code === "NOT_ALLOWED") return undefined;
        throw error;
      }
    },
    keys: keysIn(spoolKeys),
    people,
    onLost,
    clock: systemClock,
  });
}

/** Words of a notice as a sentence in a chat. */
const said = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;

function keysIn(file: string): EpochKeys {
  try {
    return new EpochKeys(file, Date.now);
  } catch (error) {
    if (!(error instanceof EpochKeyError || error instanceof SecretError)) throw error;
    throw new StartError("key_refused", error.message, { cause: error });
  }
}

const lost: Readonly<Record<LossReason, (count: number) => Bilingual>> = {
  unknown_key: (count) => ({
    en: `${count} messages that waited on the relay cannot be opened: their key is gone`,
    ru: `не открыть сообщений, которые ждали на ретрансляторе: ${count}; их ключа больше нет`,
  }),
  damaged: (count) => ({
    en: `${count} messages that waited on the relay are damaged`,
    ru: `повреждено сообщений, которые ждали на ретрансляторе: ${count}`,
  }),
  expired: (count) => ({
    en: `${count} messages grew too old on the relay and were dropped`,
    ru: `устарело и удалено сообщений на ретрансляторе: ${count}`,
  }),
};
