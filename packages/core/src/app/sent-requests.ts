import type { ChatMessage } from "../ports/backend.ts";
import type { BackendPool } from "./backend-pool.ts";
import type { Served } from "./failover.ts";

/** Conversations whose last request is remembered; the one noted longest ago goes first. */
export const requestsRememberedMax = 4_096;

/** How the last request of a conversation began, and who answered it. */
export interface SentRequest {
  readonly role: string;
  readonly startsWithPrompt: boolean;
  /** The model that was asked for, and as the server named it; the latter is `undefined` when there was no answer. */
  readonly askedModel: string;
  readonly answeredModel: string | undefined;
}

/** What was really sent last, conversation by conversation, since the node started. */
export class SentRequests {
  readonly #last = new Map<string, SentRequest>();

  note(conversation: string, request: SentRequest): void {
    this.#last.delete(conversation);
    this.#last.set(conversation, request);
    const [oldest] = this.#last.size > requestsRememberedMax ? this.#last.keys() : [];
    if (oldest !== undefined) this.#last.delete(oldest);
  }

  last(conversation: string): SentRequest | undefined {
    return this.#last.get(conversation);
  }
}

interface Notebook {
  readonly backends: BackendPool;
  readonly sent: SentRequests;
  readonly corePrompt: string;
  readonly now: () => number;
}

/** Notes how a request with the conversation in it began, how long its answer took, and what failed on the way. */
export function noteServed(
  { backends, sent, corePrompt, now }: Notebook,
  { conversation, startedMs }: { readonly conversation: string; readonly startedMs: number },
  { outcome, made, backend, failovers }: Served<{ readonly messages: readonly ChatMessage[] }>,
): void {
  const isAnswered = outcome.kind === "answered";
  if (!isAnswered && outcome.reason === "cancelled") return;
  const nowMs = now();
  for (let failed = 0; failed < failovers; failed += 1) backends.recent.note(nowMs, undefined);
  backends.recent.note(nowMs, isAnswered ? nowMs - startedMs : undefined);
  const [first] = made.messages;
  if (first === undefined) return;
  sent.note(conversation, {
    role: first.role,
    startsWithPrompt: first.content.startsWith(corePrompt),
    askedModel: backend.model,
    answeredModel: isAnswered ? outcome.model : undefined,
  });
}
