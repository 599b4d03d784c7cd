import { type MessageAnswer, runRights, type ScanLabel, type Tier } from "@adyton/protocol";
import { type ExitRules, filterExit, withoutSecrets } from "../domain/exit-filter/exit-filter.ts";
import { ExitStream } from "../domain/exit-filter/exit-stream.ts";
import { scan } from "../domain/external/scan.ts";
import { joinTaints, type Taint, toolsSource } from "../domain/external/taint.ts";
import type { ChatMessage } from "../ports/backend.ts";
import { newNonce } from "./identifiers.ts";
import type { TaintedAnswers } from "./tainted-answers.ts";

/** What an answer made from external text may carry out of the node. */
export interface GuardOptions {
  /** Hosts whose addresses may stay links. */
  readonly hosts: readonly string[];
  /** The node's own keys. */
  readonly secrets: () => readonly string[];
  /** The tainted answers of this node, by which they are known when a client sends them back. */
  readonly answers: TaintedAnswers;
  /** For tests, to show that they can fail: external text is treated as the node's own. No configuration sets it. */
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
 * What a run has read of other people's words, and what follows from it: from the first such text on all that is shown
 * passes the exit filter. Until then there is nothing to do.
 */
export class Guard {
  readonly #options: GuardOptions;
  readonly #question: string;
  #taint: Taint | undefined;
  #labels: readonly ScanLabel[] = [];
  #sources: readonly string[] = [];
  #nonce: string | undefined;
  #stream: ExitStream | undefined;

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
    if (this.#taint === undefined) return piece;
    this.#stream ??= new ExitStream(this.#rules());
    return this.#stream.feed(piece);
  }

  /** What is left of the pieces. */
  end(): string {
    return this.#stream?.end() ?? "";
  }

  /** The pieces are void; they begin anew. */
  restart(): void {
    this.#stream = undefined;
  }

  /** A text beside the answer, as it may leave. */
  shown(text: string): string {
    return this.#taint === undefined ? text : filterExit(text, this.#rules()).text;
  }

  /** The answer as it may leave, saying what it was made from. */
  seal(answer: MessageAnswer): MessageAnswer {
    if (this.#taint === undefined) return answer;
    const rules = this.#rules();
    const { text, neutralised } = filterExit(answer.text, rules);
    this.#options.answers.note(text, this.#taint);
    return {
      ...answer,
      text,
      ...(answer.data === undefined ? {} : { data: sealedData(answer.data, rules) }),
      ...sealedReport(answer, rules),
      ...sealedCalls(answer, rules),
      taint: {
        ...this.#taint,
        lost: [...runRights],
        ...(this.#labels.length === 0 ? {} : { labels: [...this.#labels] }),
        neutralised,
      },
    };
  }

  #rules(): ExitRules {
    const { hosts, secrets } = this.#options;
    const asked = this.#question.match(addressPattern)?.slice(0, addressesMax) ?? [];
    const own = this.#nonce === undefined ? [] : [this.#nonce];
    return {
      hosts,
      addresses: new Set([...asked, ...this.#sources]),
      secrets: [...secrets(), ...own],
    };
  }
}

/** A report stands beside its answer. */
function sealedReport({ recursia }: MessageAnswer, rules: ExitRules): Partial<MessageAnswer> {
  if (recursia === undefined) return {};
  const filtered = (text: string): string => filterExit(text, rules).text;
  const { answer, changes } = recursia;
  const sealed = { ...recursia, answer: filtered(answer), changes: changes.map(filtered) };
  return { recursia: sealed };
}

/** What a mode's form holds is made of the same words. */
function sealedData(data: unknown, rules: ExitRules): unknown {
  if (typeof data === "string") return filterExit(data, rules).text;
  if (Array.isArray(data)) return data.map((each) => sealedData(each, rules));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [
      filterExit(key, rules).text,
      sealedData(value, rules),
    ]),
  );
}

/** Calls of a client's own tools are the client's to judge; the node's secrets are not in them. */
function sealedCalls({ toolCalls }: MessageAnswer, rules: ExitRules): Partial<MessageAnswer> {
  if (toolCalls === undefined) return {};
  return {
    toolCalls: toolCalls.map((call) => ({
      ...call,
      arguments: withoutSecrets(call.arguments, rules.secrets).text,
    })),
  };
}
