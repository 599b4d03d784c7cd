import type { Bilingual } from "@adyton/protocol";
import { systemClock } from "@adyton/runtime/clock";
import type { RootLog } from "@adyton/runtime/log";
import type { RelayClock } from "./adapters/relay/relay-clock.ts";
import type { NodeConfig } from "./config.ts";
import { secretAt } from "./configured-secret.ts";
import type { Notice } from "./notices.ts";
import { relayOf } from "./open-telegram.ts";

export interface RelayClockParts {
  readonly language: keyof Bilingual;
  readonly log: Pick<RootLog, "warn">;
  readonly notice: (notice: Notice) => void;
}

/**
 * Begins to compare the clock with the relay's, where there is a relay and a key that it has too, until the stack is
 * disposed. Throws `StartError` for the key.
 */
export async function openRelayClock(
  { relay }: NodeConfig,
  { language, log, notice }: RelayClockParts,
  stack: AsyncDisposableStack,
): Promise<RelayClock | undefined> {
  const at = relayOf(relay);
  if (relay?.link_key_file === undefined || at === undefined) return undefined;
  const key = secretAt("relay.link_key_file", relay.link_key_file);
  const loaded = await import("./adapters/relay/relay-clock.ts");
  const clock = new loaded.RelayClock({
    host: at.host,
    port: relay.time_port,
    key,
    language,
    clock: systemClock,
    onChange: (isRight, skewMs) => {
      log.warn("the clock beside the relay's", { right: String(isRight), skewMs });
      if (!isRight) notice({ kind: "warning", text: wrongClock[language] });
    },
  });
  clock.start();
  return stack.use(clock);
}

const wrongClock: Bilingual = {
  en: "this machine's clock is wrong by minutes: `adyton health` says by how much",
  ru: "часы этой машины ошибаются на минуты: на сколько, скажет `adyton health`",
};
