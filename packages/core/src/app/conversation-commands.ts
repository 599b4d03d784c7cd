import {
  type Bilingual,
  Lifetime,
  modeSecondsDefault,
  modeTurnsDefault,
  type Overlay,
  overlaysActiveMax,
  problem,
} from "@adyton/protocol";
import type { NewRecord } from "../domain/journal/record.ts";
import { scan } from "../domain/external/scan.ts";
import { isExternal } from "../domain/external/taint.ts";
import { ProblemError } from "../domain/problem-error.ts";
import type { Principal } from "../ports/http.ts";
import type { StatePort } from "../ports/journal.ts";
import { words } from "./command-words.ts";
import type { Conversations } from "./conversations.ts";
import { newId } from "./identifiers.ts";
import { problemWords } from "./problem-words.ts";
import type { Turns } from "./turns.ts";

/** The commands that concern one conversation. Each decides and says; whoever calls writes the effects down. */
export interface ConversationCommandOptions {
  readonly state: StatePort;
  readonly conversations: Conversations;
  readonly turns: Turns;
  readonly language: keyof Bilingual;
  readonly now: () => number;
}

/** What a command came to, and the records of its effect, which are written together with the record of the command. */
export interface Outcome {
  readonly text: string;
  readonly data: unknown;
  readonly effects?: readonly NewRecord[];
}

export interface Execution {
  /** Of the command's run. */
  readonly id: string;
  readonly principal: Principal;
  readonly conversation: string;
  readonly key: string;
  readonly context: Pick<NewRecord, "owner" | "actor" | "tier" | "conversation">;
  /** False: the caller named no conversation. */
  readonly named: boolean;
}

/**
 * Inserts an intent. Throws `ProblemError`: `forbidden` to whoever is external, because an intent stands beside the core
 * prompt; `conflict` when as many hold as may.
 */
export function insertPrompt(
  options: ConversationCommandOptions,
  args: Readonly<Record<string, unknown>>,
  at: Execution,
): Outcome {
  if (isExternal(at.principal.tier)) {
    const detail = problemWords.intentFromOutside[options.language];
    throw new ProblemError(problem("forbidden", { detail }));
  }
  if (options.conversations.overlays(at.key).length >= overlaysActiveMax) {
    const detail = problemWords.tooManyIntents[options.language];
    throw new ProblemError(problem("conflict", { detail }));
  }
  const text = String(args["text"]);
  const { expires, ...until } = expiryOf(options, at.key, args["lifetime"]);
  const overlay: Overlay = {
    overlayId: newId("ovl"),
    conversation: at.conversation,
    text,
    expires,
    position: "after-core-prompt",
  };
  const warnings = scan(text).map(({ label }) => label);
  return {
    text: words.inserted[options.language](String(expires.turnsLeft)),
    data: { ...overlay, warnings },
    effects: [
      {
        ...at.context,
        class: "message",
        origin: "node",
        type: "overlay.added",
        facts: { overlay: overlay.overlayId, ...until },
        data: { conversation: at.conversation, text },
      },
    ],
  };
}

/** An intent that holds, and the record that removes it. Throws `ProblemError` `not_found`, also for another's. */
export function overlayRemoval(
  { state, conversations, language }: ConversationCommandOptions,
  id: string,
  principal: Principal,
): { readonly overlay: Overlay; readonly record: NewRecord } {
  const conversation = state.overlay(id)?.conversation;
  const overlay =
    conversation === undefined
      ? undefined
      : conversations.overlays(conversation).find((each) => each.overlayId === id);
  const isOwn =
    overlay !== undefined && conversations.key(principal, overlay.conversation) === conversation;
  if (overlay === undefined || !isOwn)
    throw new ProblemError(problem("not_found", { detail: problemWords.noSuchIntent[language] }));
  const { person: owner, id: actor, tier } = principal;
  return { overlay, record: removedRecord({ owner, actor, tier, conversation }, id) };
}

function removedRecord(context: Execution["context"], overlay: string): NewRecord {
  const facts = { overlay };
  return { ...context, class: "record", origin: "node", type: "overlay.removed", facts };
}

/** Lets the model forget what was said, and the mode and the intents with it; the record of it stays. */
export function startAfresh(
  { conversations, language }: ConversationCommandOptions,
  at: Execution,
): Outcome {
  const forgottenTurns = conversations.history(at.key).length / 2;
  const record = { ...at.context, class: "record", origin: "node" } as const;
  const isModeOwn = conversations.mode(at.key).mode !== undefined;
  return {
    text: words.afresh[language](),
    data: { conversation: at.conversation, forgottenTurns },
    effects: [
      ...conversations.overlays(at.key).map((each) => removedRecord(at.context, each.overlayId)),
      ...(isModeOwn ? [{ ...record, type: "mode.restored" as const, facts: { mode: null } }] : []),
      { ...record, type: "conversation.reset", facts: {} },
    ],
  };
}

/** Cancels what waits and runs. */
export function stop({ turns, language }: ConversationCommandOptions, at: Execution): Outcome {
  const cancelled = turns.ofConversation(at.key).filter((run) => turns.cancel(run));
  const ids = cancelled.map((run) => run.id);
  return {
    text: ids.length === 0 ? words.nothingRan[language]() : words.stopped[language](ids.join(", ")),
    data: { cancelled: ids },
  };
}

/** A lifetime counted from now in the conversation's own turns. */
export function expiryOf(
  { conversations, now }: ConversationCommandOptions,
  key: string,
  lifetime: unknown,
) {
  const { turns, seconds } = Lifetime.optional().parse(lifetime) ?? {
    turns: modeTurnsDefault,
    seconds: modeSecondsDefault,
  };
  const untilTurn = conversations.turns(key) + turns;
  const untilMs = now() + seconds * 1_000;
  return {
    untilTurn,
    untilMs,
    expires: { turnsLeft: turns, at: new Date(untilMs).toISOString() },
  };
}
