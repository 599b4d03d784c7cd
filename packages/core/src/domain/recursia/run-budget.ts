import type { Ask, AskCall, Policy, Step, StopReason } from "./asking.ts";

/** A run may use so many times the tokens of its first answer, within the policy's bound. */
const baselineFactor = 6;
/** Tokens a run may use in any case: six times a short question would not hold a single verification. */
const tokensFloor = 4_000;
/** Tokens an answer that is asked for alone is expected to take. */
const loneAnswerTokens = 200;

export type Asked =
  | { readonly kind: "answered"; readonly text: string; readonly figures: CallFigures }
  | { readonly kind: "stopped"; readonly reason: StopReason };

/** What a call took; part of the step that tells of it. */
export type CallFigures = Required<Pick<Step, "call" | "inTokens" | "outTokens" | "ms">>;

export interface Cost {
  readonly calls: number;
  readonly inTokens: number;
  readonly outTokens: number;
  readonly ms: number;
}

interface RunBudgetOptions {
  readonly ask: Ask;
  readonly policy: Policy;
  readonly count: (text: string) => number;
  readonly onStep: (step: Step) => void;
}

/** Puts questions for as long as calls, tokens and time last, and counts them. Once they are used up, no call is made. */
export class RunBudget {
  readonly #options: RunBudgetOptions;
  #calls = 0;
  #inTokens = 0;
  #outTokens = 0;
  #ms = 0;
  #callsMax: number;
  #tokensMax: number;
  #draftTokens = 0;
  #readingTokens = 0;

  constructor(options: RunBudgetOptions) {
    this.#options = options;
    this.#callsMax = options.policy.calls;
    this.#tokensMax = options.policy.tokens;
  }

  get cost(): Cost {
    const [calls, inTokens, outTokens, ms] = [
      this.#calls,
      this.#inTokens,
      this.#outTokens,
      Math.round(this.#ms),
    ];
    return { calls, inTokens, outTokens, ms };
  }

  get callsLeft(): number {
    return this.#callsMax - this.#calls;
  }

  /** Calls and tokens for reading an input piece by piece, beside those of the run. */
  extend(calls: number, tokens: number): void {
    this.#callsMax += calls;
    this.#readingTokens += tokens;
    this.#tokensMax += tokens;
  }

  count(text: string): number {
    return this.#options.count(text);
  }

  /** The bound of the run follows from its first answer, and from what every further call has to carry beside it. */
  measure({ draftTokens = this.#draftTokens, besideTokens = 0 }): void {
    this.#draftTokens = draftTokens;
    const wanted = Math.max(tokensFloor, baselineFactor * (draftTokens + besideTokens));
    this.#tokensMax = Math.min(this.#options.policy.tokens, wanted) + this.#readingTokens;
  }

  step(step: Omit<Step, "inTokens" | "outTokens" | "ms"> & Partial<CallFigures>): void {
    this.#options.onStep({ inTokens: 0, outTokens: 0, ms: 0, ...step });
  }

  /** The first answer: only the turn's own time bounds it, for there is nothing to fall back on. */
  async draft(call: AskCall): Promise<Asked> {
    return this.#put(call);
  }

  async ask(call: Omit<AskCall, "msMax">): Promise<Asked> {
    const msLeft = this.#options.policy.wallMs - this.#ms;
    if (this.callsLeft <= 0) return { kind: "stopped", reason: "calls" };
    if (this.#inTokens + this.#outTokens + this.#expected(call) > this.#tokensMax)
      return { kind: "stopped", reason: "tokens" };
    if (msLeft <= 0) return { kind: "stopped", reason: "wall" };
    return this.#put(Number.isFinite(msLeft) ? { ...call, msMax: msLeft } : call);
  }

  async #put(call: AskCall): Promise<Asked> {
    this.#calls += 1;
    const outcome = await this.#options.ask(call);
    this.#ms += outcome.ms;
    if (outcome.kind === "stopped") return outcome;
    const { text, inTokens, outTokens, ms } = outcome;
    this.#inTokens += inTokens;
    this.#outTokens += outTokens;
    const figures = { call: this.#calls, inTokens, outTokens, ms: Math.round(ms) };
    return { kind: "answered", text, figures };
  }

  #expected({ about, messages }: Omit<AskCall, "msMax">): number {
    const own = messages.reduce((sum, { content }) => sum + this.count(content), 0);
    return own + (about === "conversation" ? this.#draftTokens : loneAnswerTokens);
  }
}
