import type { Tier } from "@adyton/protocol";
import { reserveTokens } from "../domain/context/reserve.ts";
import {
  joined,
  type Segment,
  type SegmentedMessage,
  type SegmentKind,
} from "../domain/context/segments.ts";
import { systemSegments } from "../domain/context/system-message.ts";
import { trimHistory } from "../domain/model/trim-history.ts";
import type { Backend, ChatMessage } from "../ports/backend.ts";
import type { Blocks } from "./blocks.ts";
import type { Conversations } from "./conversations.ts";

interface Options {
  readonly conversations: Conversations;
  readonly corePrompt: string;
  readonly blocks: Pick<Blocks, "of">;
}

/** A conversation as one of its turns sees it. */
export interface ContextPlace {
  readonly key: string;
  /** Whose pinned blocks go along. */
  readonly person: string;
  readonly tier: Tier;
  /** Turns before the one that asks; absent, for the next one. */
  readonly turnsBefore?: number;
  /** What the mode tells the model. */
  readonly modePrompt?: string | undefined;
}

/** What the model of a turn is told first. Every turn calls this: what it looks at is in memory already. */
export function turnSystem(
  { conversations, corePrompt, blocks }: Options,
  { key, person, tier, turnsBefore, modePrompt }: ContextPlace,
): readonly Segment[] {
  const overlays = conversations.overlays(key, turnsBefore);
  return systemSegments(corePrompt, { modePrompt, blocks: blocks.of(person), overlays, tier });
}

/** The same as a message. */
export function systemMessage(segments: readonly Segment[]): ChatMessage {
  return { role: "system", content: joined(segments) };
}

/** What would be sent, in its segments, and the room it takes. */
export interface SentContext {
  readonly messages: readonly SegmentedMessage[];
  /** Messages of the history that are left out for the window's sake. */
  readonly dropped: number;
  /** Tokens of the whole prompt, by the server's count. */
  readonly tokens: number;
  readonly windowTokens: number;
  /** Tokens kept free for the answer. */
  readonly reserveTokens: number;
}

/** What a question put to the conversation now would be sent with. Nothing is sent, and nothing is written. */
export function contextNow(
  options: Options & { readonly answerTokensMax: number | undefined },
  backend: Pick<Backend, "contextTokens" | "countTokens">,
  { question, ...place }: ContextPlace & { readonly question: string },
): SentContext {
  const system = turnSystem(options, place);
  const history = options.conversations.history(place.key);
  const windowTokens = backend.contextTokens;
  const reserve = reserveTokens(windowTokens, options.answerTokensMax);
  const asked: ChatMessage = { role: "user", content: question };
  const trimmed = trimHistory({
    system: [systemMessage(system)],
    history,
    question: asked,
    windowTokens,
    reserveTokens: reserve,
    count: (text) => backend.countTokens(text),
  });
  const fits = trimmed.kind === "fits";
  const dropped = fits ? trimmed.dropped : history.length;
  return {
    messages: [
      { role: "system", segments: system },
      ...history.slice(dropped).map((message) => segmented(message, "history", place.tier)),
      segmented(asked, "question", place.tier),
    ],
    dropped,
    tokens: fits ? trimmed.tokens : trimmed.neededTokens,
    windowTokens,
    reserveTokens: reserve,
  };
}

function segmented(
  { role, content }: ChatMessage,
  kind: SegmentKind,
  tier: Tier,
): SegmentedMessage {
  const segment: Segment = {
    kind,
    text: content,
    tier: role === "assistant" ? "model" : tier,
    source: kind,
  };
  return { role, segments: [segment] };
}
