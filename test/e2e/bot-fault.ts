import type { Certificates, FaultyBot, FaultyBotSettings } from "./faulty-bot.ts";

/** How a fault shows while it lasts. */
type Alarm =
  /** The messenger's part of the health says why, and the node is not ready. */
  | { readonly kind: "door"; readonly why: RegExp; readonly withinMs: number }
  /** Another part of the health says so. */
  | {
      readonly kind: "part";
      readonly name: string;
      readonly withinMs: number;
      /** The door works all the same. */
      readonly isReady?: boolean;
    }
  /** The node is not there, so the relay's log says it. */
  | { readonly kind: "relay"; readonly words: RegExp; readonly withinMs: number }
  /** Whoever writes, or the owner, is told in the chat. */
  | { readonly kind: "told"; readonly words: RegExp; readonly withinMs: number }
  /** Nothing is lost, so nothing is told: who writes is answered as if nothing were. */
  | { readonly kind: "none" };

export interface BotFault {
  readonly name: string;
  /** What it needs and this machine lacks. */
  readonly skip?: string | false;
  readonly settings?: (
    certificates: Certificates,
    holding: AsyncDisposableStack,
  ) => FaultyBotSettings;
  readonly begin: (bot: FaultyBot, stack: AsyncDisposableStack) => Promise<void> | void;
  readonly end: (bot: FaultyBot, stack: AsyncDisposableStack) => Promise<void> | void;
  readonly alarm: Alarm;
  /** It lasts until the door has been shut for a minute, and the owner is told when it is over. */
  readonly isLong?: boolean;
  /** The node is killed and started again while it lasts. */
  readonly killsNode?: boolean;
  /** From its end to the first answer. */
  readonly healMsMax: number;
  /** From its end until the node says that it is ready, where that is not a minute. */
  readonly readyMsMax?: number;
  /** What was written while it lasted has got another answer than it would have. */
  readonly answersOtherwise?: boolean;
  /** What was written while it lasted is lost, as the messenger says. */
  readonly losesQuestion?: boolean;
  /** What is written while it lasts, behind "during". */
  readonly question?: string;
  /** What must be true when it is over. */
  readonly check?: (bot: FaultyBot) => void;
  /** Stands in what the owner is told of the outage. */
  readonly outageWords?: RegExp;
}

/** A poll that waits at the server fails by its own time. */
export const pollMsMax = 38_000;

export async function killAndStart({ node }: FaultyBot): Promise<void> {
  await node.kill();
  await node.start();
}
