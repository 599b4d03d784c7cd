import { hash } from "node:crypto";
import { joinTaints, type Taint } from "../domain/external/taint.ts";
import type { ChatMessage } from "../ports/backend.ts";

/** Answers that are recognised when a client sends them back; the oldest is forgotten first. */
export const taintedAnswersMax = 4_096;

/**
 * Tainted answers, by their digests. A client that keeps the history itself and names no conversation sends earlier
 * answers back as its own words; the node knows them again as long as it runs. Costs nothing until there is one.
 */
export class TaintedAnswers {
  readonly #known = new Map<string, Taint>();

  note(answer: string, taint: Taint): void {
    const [oldest] = this.#known.size < taintedAnswersMax ? [] : this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(digest(answer), taint);
  }

  /** What the answers among these messages were made from. */
  in(messages: readonly ChatMessage[]): Taint | undefined {
    if (this.#known.size === 0) return undefined;
    return messages
      .filter(({ role }) => role === "assistant")
      .map(({ content }) => this.#known.get(digest(content)))
      .reduce(joinTaints, undefined);
  }
}

const digest = (text: string): string => hash("sha256", text.trim(), "base64url");
