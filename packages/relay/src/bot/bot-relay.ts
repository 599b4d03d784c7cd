import { systemClock } from "@adyton/runtime/clock";
import type { NumberedFrames } from "@adyton/runtime/link/numbered-frames";
import type { AllowedAddresses } from "../allowed-addresses.ts";
import { BotApi } from "./bot-api.ts";
import { BotCalls } from "./bot-calls.ts";
import { type KeepingOptions, openKeeping } from "./keeping.ts";
import { CallFaults } from "./call-faults.ts";
import { LinkHost, type SessionWork } from "./link-host.ts";
import { LinkServer } from "./link-server.ts";
import { RareLog } from "./rare-log.ts";

// The relay of the layout `bot`. It has the bot's token and makes the calls that the node asks for: `LinkHost` knows
// whether a node is connected, `BotCalls` makes each call once, `BotApi` adds the token. It decides nothing and keeps
// nothing but answers that the node has not acknowledged. Without a node nothing is asked of the messenger, unless there is
// a spool: that polls in the node's place, and keeps what comes sealed to the node.

export interface BotRelayOptions extends KeepingOptions {
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
  const clock = systemClock;
  const rareLog = new RareLog({ clock, log });
  const faults = new CallFaults(rareLog);
  const api = stack.use(new BotApi({ ...options, faults }));
  const { spooler, usage } = await openKeeping(options, { api, clock, log }, stack);
  const askSpool = spooler?.exchange.bind(spooler);
  const work = (frames: NumberedFrames, fault: () => void): SessionWork => {
    const calls = new BotCalls({ frames, api, askSpool, usage, faults, fault });
    spooler?.nodeCame();
    return {
      take: (read) => calls.take(read),
      [Symbol.dispose]: () => {
        calls[Symbol.dispose]();
        spooler?.nodeLeft();
      },
    };
  };
  const host = stack.use(new LinkHost({ key: linkKey, work, clock, log, rareLog }));
  const server = stack.use(await LinkServer.listen(address, port, host));
  const opened = stack.move();
  return { port: server.port, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}
