import { systemClock } from "@adyton/runtime/clock";
import type { AllowedAddresses } from "../allowed-addresses.ts";
import { BotApi } from "./bot-api.ts";
import { BotCalls } from "./bot-calls.ts";
import { LinkHost } from "./link-host.ts";
import { LinkServer } from "./link-server.ts";

// The relay of the layout `bot`. It has the bot's token and makes the calls that the node asks for: `LinkHost` knows
// whether a node is connected, `BotCalls` makes each call once, `BotApi` adds the token. It decides nothing and keeps
// nothing but answers that the node has not acknowledged. Without a node nothing is asked of the messenger.

export interface BotRelayOptions {
  /** An address of the tunnel. */
  readonly address: string;
  readonly port: number;
  readonly apiRoot: URL;
  readonly readToken: () => { reveal(): string };
  readonly linkKey: { reveal(): string };
  readonly addresses: AllowedAddresses;
  /** A fact for the log: never a word of what is passed on. */
  readonly log: (message: string, fields?: Readonly<Record<string, string | number>>) => void;
}

export interface BotRelay extends AsyncDisposable {
  readonly port: number;
}

/** Runs until it is disposed. Throws `ListenError`, and what `readToken` throws. */
export async function openBotRelay(options: BotRelayOptions): Promise<BotRelay> {
  await using stack = new AsyncDisposableStack();
  const { address, port, linkKey, log } = options;
  const api = stack.use(new BotApi(options));
  const host = stack.use(
    new LinkHost({
      key: linkKey,
      work: (frames, fault) => new BotCalls({ frames, api, fault }),
      clock: systemClock,
      log,
    }),
  );
  const server = stack.use(await LinkServer.listen(address, port, host));
  const opened = stack.move();
  return { port: server.port, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
