import { messageOverheadTokens } from "./token-estimate.ts";

interface Message {
  readonly role: "system" | "user" | "assistant" | "tool";
  readonly content: string;
}

export interface TrimInput<M extends Message> {
  /** The core prompt and the overlays: never dropped. */
  readonly system: readonly M[];
  /** Oldest first. A turn begins with each message of the user. */
  readonly history: readonly M[];
  /** Never dropped and never shortened. */
  readonly question: M;
  readonly windowTokens: number;
  /** Tokens kept free for the answer. */
  readonly reserveTokens: number;
  readonly count: (text: string) => number;
}

export type TrimOutcome<M> =
  | {
      readonly kind: "fits";
      readonly messages: readonly M[];
      /** Messages of the history that were left out. */
      readonly dropped: number;
      readonly tokens: number;
    }
  | {
      /** System and question alone are over the window, so that no history can help. */
      readonly kind: "too_long";
      readonly neededTokens: number;
      readonly availableTokens: number;
      readonly questionTokens: number;
    };

/**
 * Fits a conversation into the model's window: what is oldest goes first, in whole turns, so that no answer stands
 * without its question. Servers that truncate by themselves cut the core prompt off silently; this one never does.
 */
export function trimHistory<M extends Message>(input: TrimInput<M>): TrimOutcome<M> {
  const { system, history, question, count } = input;
  const weigh = (message: M): number => count(message.content) + messageOverheadTokens;
  const availableTokens = Math.max(0, input.windowTokens - input.reserveTokens);
  const questionTokens = weigh(question);
  let tokens = questionTokens + messageOverheadTokens;
  for (const message of system) tokens += weigh(message);
  if (tokens > availableTokens)
    return { kind: "too_long", neededTokens: tokens, availableTokens, questionTokens };

  let keptFrom = history.length;
  let turnTokens = 0;
  for (let index = history.length - 1; index >= 0; index -= 1) {
    const message = history[index];
    if (message === undefined) break;
    turnTokens += weigh(message);
    if (tokens + turnTokens > availableTokens) break;
    // A conversation may open with an answer, a greeting for instance: it is a turn of its own.
    if (message.role !== "user" && index > 0) continue;
    tokens += turnTokens;
    turnTokens = 0;
    keptFrom = index;
  }
  const messages = [...system, ...history.slice(keptFrom), question];
  return { kind: "fits", messages, dropped: keptFrom, tokens };
}
