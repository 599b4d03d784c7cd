import { type MessageAnswer, runRights, type ScanLabel, type Tier } from "@adyton/protocol";
import { type ExitRules, filterExit, withoutSecrets } from "../domain/exit-filter/exit-filter.ts";
import { ExitStream } from "../domain/exit-filter/exit-stream.ts";
import type { SecretFilter } from "../domain/exit-filter/secret-filter.ts";
import { SecretStream } from "../domain/exit-filter/secret-stream.ts";
import { scan } from "../domain/external/scan.ts";
import { joinTaints, type Taint, toolsSource } from "../domain/external/taint.ts";
import type { ChatMessage } from "../ports/backend.ts";
import { newNonce } from "./identifiers.ts";
import type { Counters } from "./metrics.ts";
import type { TaintedAnswers } from "./tainted-answers.ts";

/** What an answer may carry out of the node. */
export interface GuardOptions {
  /** Hosts whose addresses may stay links in an answer made from external text. */
  readonly hosts: readonly string[];
  /** Takes secrets out of every answer. */
  readonly secrets: SecretFilter;
  /** Counts what was taken out, by kind. */
  readonly removed: Counters;
  /** The tainted answers of this node, by which they are known when a client sends them back. */
  readonly answers: TaintedAnswers;
  /** For tests, to show that they can fail: external text is treated as the node's own, and nothing is taken out. No configuration sets it. */
  readonly isOff?: boolean | undefined;
}

/** An external text that a run reads. */
export interface ReadText {
  /** The id of what it is from, never its words. */
  readonly source: string;
  readonly tier: Tier;
  /** Where the words are at hand. */
  readonly text?: string;
  /** What whoever brought it says it is from. */
  readonly address?: string;
}

/** Addresses of a question that are remembered as the person's own. */
const addressesMax = 64;
const addressPattern = /https?:\/\/[^\s<>"'»”`)\]]+/giu;

/**
 * What leaves with a run's answer. Secrets never do. And what a run has read of other people's words is kept here: from
 * the first such text on all that is shown passes the exit filter for external text, too.
 */
export class Guard {
  readonly #options: GuardOptions;
  readonly #question: string;
  #taint: Taint | undefined;
  #labels: readonly ScanLabel[] = [];
  #sources: readonly string[] = [];
  #nonce: string | undefined;
  #secrets: SecretStream | undefined;
  #stream: ExitStream | undefined;
  #removed = 0;

  constructor(options: GuardOptions, question: string) {
    this.#options = options;
    this.#question = question;
  }

  get isOff(): boolean {
    return this.#options.isOff === true;
  }

  get taint(): Taint | undefined {
    return this.#taint;
  }

  /** Secrets that were taken out of the answer. */
  get removed(): number {
    return this.#removed;
  }

  /** A word of this run's own that no text can know. In an answer it gives away that the model repeats its fences. */
  get nonce(): string {
    return (this.#nonce ??= newNonce());
  }

  /** The run is given external texts. To be said before it is. */
  read(texts: readonly ReadText[]): void {
    for (const { source, tier, text, address } of texts) {
      const labels = text === undefined ? [] : scan(text).map(({ label }) => label);
      this.#labels = [...new Set([...this.#labels, ...labels])];
      if (address !== undefined) this.#sources = [...this.#sources, address];
      this.inherit({ sources: [source], tiers: [tier] });
    }
  }

  /** The run is given what a client keeps of a conversation. */
  readSent(messages: readonly ChatMessage[]): void {
    // What tools answered came from wherever they looked.
    if (messages.some(({ role }) => role === "tool"))
      this.inherit({ sources: [toolsSource], tiers: ["external"] });
    this.inherit(this.#options.answers.in(messages));
  }

  /** The run is given text that was made from external text. */
  inherit(taint: Taint | undefined): void {
    if (this.isOff) return;
    this.#taint = joinTaints(this.#taint, taint);
  }

  /** A piece of the answer, as far as it may be shown by now. */
  feed(piece: string): string {
    if (this.isOff) return piece;
    this.#secrets ??= new SecretStream(this.#options.secrets);
    return this.#filtered(this.#secrets.feed(piece));
  }

  /** What is left of the pieces. */
  end(): string {
    const rest = this.#filtered(this.#secrets?.end() ?? "");
    return rest + (this.#stream?.end() ?? "");
  }

  /** The pieces are void; they begin anew. */
  restart(): void {
    this.#secrets = undefined;
    this.#stream = undefined;
  }

  /** A text beside the answer, as it may leave. */
  shown(text: string): string {
    if (this.isOff) return text;
    const { text: safe } = this.#options.secrets.redact(text);
    return this.#taint === undefined ? safe : filterExit(safe, this.#rules()).text;
  }

  /** The answer as it may leave, saying what it was made from. */
  seal(made: MessageAnswer): MessageAnswer {
    if (this.isOff) return made;
    const answer = this.#withoutSecrets(made);
    if (this.#removed > 0) this.#options.removed.add("secret", this.#removed);
    if (this.#taint === undefined) return answer;
    const rules = this.#rules();
    const filtered = (text: string): string => filterExit(text, rules).text;
    const { text, neutralised } = filterExit(answer.text, rules);
    this.#options.answers.note(text, this.#taint);
    return {
      ...answer,
      text,
      ...(answer.data === undefined ? {} : { data: withTexts(answer.data, filtered) }),
      ...sealedReport(answer, filtered),
      ...sealedCalls(answer, rules.secrets),
      taint: {
        ...this.#taint,
        lost: [...runRights],
        ...(this.#labels.length === 0 ? {} : { labels: [...this.#labels] }),
        neutralised: { ...neutralised, secrets: neutralised.secrets + this.#removed },
      },
    };
  }

  #filtered(piece: string): string {
    if (this.#taint === undefined) return piece;
    this.#stream ??= new ExitStream(this.#rules());
    return this.#stream.feed(piece);
  }

  #withoutSecrets(answer: MessageAnswer): MessageAnswer {
    const clean = (text: string): string => {
      const { text: shown, removed } = this.#options.secrets.redact(text);
      this.#removed += removed;
      return shown;
    };
    const { data, citations } = answer;
    return {
      ...answer,
      text: clean(answer.text),
      ...(data === undefined ? {} : { data: withTexts(data, clean) }),
      ...(citations === undefined
        ? {}
        : {
            citations: citations.map((cited) => ({
              ...cited,
              title: clean(cited.title),
              quote: clean(cited.quote),
            })),
          }),
      ...sealedReport(answer, clean),
      ...sealedCalls(answer, this.#options.secrets.own),
    };
  }

  #rules(): ExitRules {
    const { hosts, secrets } = this.#options;
    const asked = this.#question.match(addressPattern)?.slice(0, addressesMax) ?? [];
    const own = this.#nonce === undefined ? [] : [this.#nonce];
    return {
      hosts,
      addresses: new Set([...asked, ...this.#sources]),
      secrets: [...secrets.own, ...own],
    };
  }
}

/** A report stands beside its answer. */
function sealedReport(
  { recursia }: MessageAnswer,
  filtered: (text: string) => string,
): Partial<MessageAnswer> {
  if (recursia === undefined) return {};
  const { answer, changes } = recursia;
  const sealed = { ...recursia, answer: filtered(answer), changes: changes.map(filtered) };
  return { recursia: sealed };
}

/** What a mode's form holds is made of the same words. */
function withTexts(data: unknown, filtered: (text: string) => string): unknown {
  if (typeof data === "string") return filtered(data);
  if (Array.isArray(data)) return data.map((each) => withTexts(each, filtered));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [filtered(key), withTexts(value, filtered)]),
  );
}

/** Calls of a client's own tools are the client's to judge; the node's secrets are not in them. */
function sealedCalls(
  { toolCalls }: MessageAnswer,
  secrets: readonly string[],
): Partial<MessageAnswer> {
  if (toolCalls === undefined) return {};
  return {
    toolCalls: toolCalls.map((call) => ({
      ...call,
      arguments: withoutSecrets(call.arguments, secrets).text,
    })),
  };
}
