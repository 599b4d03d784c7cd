import { CodeTracker } from "./code-tracker.ts";

/**
 * Keeps a model's reasoning out of its answer while the answer arrives.
 *
 * Reasoning is what stands between `<think>` or `<thinking>` and the closing tag, or the end when it is never closed.
 * Some chat templates write the opening tag into the prompt, so that only the closing one appears: everything before it
 * is then reasoning. Inside fenced and inline code the tags are text.
 *
 * The machine takes one character at a time and remembers only what it cannot decide yet (a tag's beginning, a run of
 * fence characters), so that any split of the input gives the same output.
 *
 *     leading space ──► text ◄──► code (fence or inline)
 *                        │ ▲
 *            <think>     ▼ │   </think>
 *                     reasoning
 */

const openingTags = ["<think>", "<thinking>"] as const;
const closingTags = ["</think>", "</thinking>"] as const;
const allTags: readonly string[] = [...openingTags, ...closingTags];

/**
 * `text`: what arrives is handed on at once; reasoning that nothing opened has then already been handed on when its
 * closing tag comes, and only `text` is free of it. `maybe_reasoning`: everything is held until a tag or the end
 * decides, for models known to begin inside their reasoning.
 */
export type FilterStart = "text" | "maybe_reasoning";

export class ReasoningFilter {
  readonly #code = new CodeTracker();
  #isHolding: boolean;
  #isReasoning = false;
  #sawReasoning = false;
  #closedUnopened = false;
  /** White space before the first word: dropped when reasoning follows it. */
  #isLeading = true;
  #leading = "";
  #tag = "";
  #held = "";
  #out = "";
  #text = "";

  constructor(start: FilterStart = "text") {
    this.#isHolding = start === "maybe_reasoning";
  }

  /** The answer so far, without anything that turned out to be reasoning. Complete after `end()`. */
  get text(): string {
    return this.#text;
  }

  get sawReasoning(): boolean {
    return this.#sawReasoning;
  }

  /** True once a closing tag came that nothing had opened: this model's next answer should start as `maybe_reasoning`. */
  get closedUnopened(): boolean {
    return this.#closedUnopened;
  }

  /** Takes the next piece and gives what of it may be shown. */
  push(chunk: string): string {
    for (let index = 0; index < chunk.length; index += 1) this.#take(chunk.charAt(index));
    return this.#flush();
  }

  /** The server keeps reasoning apart by itself: nothing needs to be held any longer. */
  expectNone(): void {
    this.#sawReasoning = true;
    this.#leading = "";
    this.#release();
  }

  /**
   * Gives what was still undecided. Nothing may be pushed afterwards. What is still held when the answer was cut off
   * is reasoning that did not come to its end, and is dropped.
   */
  end(isComplete = true): string {
    const rest = this.#tag;
    this.#tag = "";
    for (const char of rest) this.#plain(char);
    if (this.#isHolding && !isComplete && this.#held !== "") {
      this.#sawReasoning = true;
      this.#held = "";
    }
    this.#release();
    return this.#flush();
  }

  #flush(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }

  #take(char: string): void {
    if (this.#tag !== "") {
      const candidate = (this.#tag + char).toLowerCase();
      if (allTags.includes(candidate)) {
        this.#tag = "";
        this.#onTag(candidate);
      } else if (allTags.some((tag) => tag.startsWith(candidate))) {
        this.#tag += char;
      } else {
        const rest = this.#tag;
        this.#tag = "";
        for (const earlier of rest) this.#plain(earlier);
        this.#take(char);
      }
      return;
    }
    if (char === "<" && (this.#isReasoning || !this.#code.isInside)) this.#tag = char;
    else this.#plain(char);
  }

  #onTag(tag: string): void {
    const isOpening = openingTags.some((opening) => opening === tag);
    if (this.#isReasoning) {
      if (!isOpening) this.#leave();
      return;
    }
    if (isOpening) {
      this.#release();
      this.#isReasoning = true;
      this.#sawReasoning = true;
      this.#leading = "";
      return;
    }
    // A second closing tag after the reasoning is a model's slip; it says nothing and is dropped.
    if (this.#sawReasoning) return;
    this.#closedUnopened = true;
    this.#sawReasoning = true;
    this.#isHolding = false;
    this.#held = "";
    this.#text = "";
    this.#leave();
  }

  #leave(): void {
    this.#isReasoning = false;
    this.#isLeading = this.#text === "";
    this.#code.reset();
  }

  #release(): void {
    if (!this.#isHolding) return;
    this.#isHolding = false;
    this.#emit(this.#held);
    this.#held = "";
  }

  #plain(char: string): void {
    if (this.#isReasoning) return;
    this.#code.take(char);
    if (!this.#isLeading) {
      this.#emit(char);
    } else if (/\s/.test(char)) {
      // White space after reasoning only separated the two; before a first word it may be a code block's indentation.
      if (!this.#sawReasoning) this.#leading += char;
    } else {
      this.#isLeading = false;
      this.#emit(this.#leading + char);
      this.#leading = "";
    }
  }

  #emit(text: string): void {
    if (this.#isHolding) {
      this.#held += text;
      return;
    }
    this.#out += text;
    this.#text += text;
  }
}

/** A whole answer without its reasoning, and what was seen of it. */
export function withoutReasoning(
  answer: string,
  { start = "text", isComplete = true }: { start?: FilterStart; isComplete?: boolean } = {},
): { text: string; sawReasoning: boolean; closedUnopened: boolean } {
  if (!answer.includes("<") && (start === "text" || isComplete))
    return { text: answer, sawReasoning: false, closedUnopened: false };
  const filter = new ReasoningFilter(start);
  filter.push(answer);
  filter.end(isComplete);
  const { text, sawReasoning, closedUnopened } = filter;
  return { text, sawReasoning, closedUnopened };
}
