import { type Bilingual, type CommandRate, problem } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import { problemWords } from "./problem-words.ts";

/** How often each principal used a command lately. As many principals as there are tokens, so it needs no bound of its own. */
export class CommandRates {
  readonly #language: keyof Bilingual;
  readonly #now: () => number;
  /** Times of use by principal and command, oldest first, never more than the rate allows. */
  readonly #used = new Map<string, number[]>();

  constructor({ language, now }: { language: keyof Bilingual; now: () => number }) {
    this.#language = language;
    this.#now = now;
  }

  /** Counts a use. Throws `ProblemError` `busy`, and counts nothing, when there were as many as may be. */
  count(principal: string, command: string, { times, seconds }: CommandRate): void {
    const key = `${principal}\n${command}`;
    const nowMs = this.#now();
    const recent = (this.#used.get(key) ?? []).filter((ms) => nowMs - ms < seconds * 1_000);
    const [oldest] = recent;
    if (oldest !== undefined && recent.length >= times) {
      const retryAfterSeconds = Math.max(1, Math.ceil((oldest - nowMs) / 1_000 + seconds));
      const detail = problemWords.tooOften(command, times, seconds)[this.#language];
      throw new ProblemError(problem("busy", { detail, retryAfterSeconds }));
    }
    this.#used.set(key, [...recent, nowMs]);
  }
}
