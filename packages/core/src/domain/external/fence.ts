import { visibleText } from "./visible-text.ts";

/** External texts as a model may be given them. */
export interface Fenced {
  readonly text: string;
  /** Stands between the words of every text inside. */
  readonly mark: string;
  /** What a model copied from inside, without the marks. */
  readonly unmarked: (said: string) => string;
}

const marks = ["^", "¦", "†", "¬", "§", "‡", "¤", "¶"] as const;

/**
 * Texts between fences that they cannot close, because they cannot know the nonce, with a mark in place of every space
 * between their words (datamarking, arXiv 2403.14720): whatever a text says of where it ends, its words show that it
 * goes on. Texts are numbered from 1. A measure that helps, not a boundary: what a model may do is bounded elsewhere.
 *
 * `nonce` is random and made for this one request.
 */
export function fence(texts: readonly string[], nonce: string): Fenced {
  const visible = texts.map(visibleText);
  const free = marks.filter((mark) => visible.every((text) => !text.includes(mark)));
  // A text that has every mark of the list gets one of the nonce's, which it cannot have.
  const mark = free[(nonce.codePointAt(0) ?? 0) % free.length] ?? `^${nonce}^`;
  return {
    text: visible
      .map((text, index) => {
        const place = `external ${nonce} ${index + 1}`;
        return `<${place}>\n${marked(text, mark)}\n</${place}>`;
      })
      .join("\n"),
    mark,
    unmarked: (said) => said.replaceAll(mark, " "),
  };
}

function marked(text: string, mark: string): string {
  return text
    .trim()
    .split("\n")
    .map((line) => mark + line.trim().replaceAll(/\s+/gu, mark))
    .join("\n");
}
