import { type FormattedText, splitFormatted, type Styled } from "../channels/format.ts";
import { leakMarks } from "./leak-marks.ts";
import type { Leak } from "./leak-patterns.ts";
import type { LeakKind } from "./own-identity.ts";

/** How many of each kind were taken out. */
export type LeakCounts = Readonly<Partial<Record<LeakKind, number>>>;

/** Finds the leaks of a text: in order, none over another. */
export type FindLeaks = (text: string) => readonly Leak[];

/** What looks for leaks, also in a text that is not whole yet. */
export interface GrowingFinder {
  find: FindLeaks;
  /** How much of the text can be shown by now. */
  settled(text: string): number;
}

/** A text that passed the exit filter. A channel's door takes nothing else, and nothing else makes one. */
export class CheckedText {
  readonly #said: FormattedText;

  private constructor(said: FormattedText) {
    this.#said = said;
  }

  /** Puts a mark in the reader's language in place of every leak. */
  static check(
    said: FormattedText,
    find: FindLeaks,
    language: "en" | "ru",
  ): { readonly checked: CheckedText; readonly counts: LeakCounts } {
    const leaks = find(said.text);
    const styles = withCheckedLanguages(said.styles, find);
    const counts: Partial<Record<LeakKind, number>> = {};
    for (const { kind } of leaks) counts[kind] = (counts[kind] ?? 0) + 1;
    return { checked: new CheckedText(withMarks({ ...said, styles }, leaks, language)), counts };
  }

  /** The part that can be shown of a text that still grows: whatever follows, the whole text will begin with it. */
  static checkGrowing(
    { text, styles }: FormattedText,
    finder: GrowingFinder,
    language: "en" | "ru",
  ): CheckedText {
    const end = finder.settled(text);
    const leaks = finder.find(text).filter((leak) => leak.end <= end);
    const begun = withCheckedLanguages(styles, (each) => finder.find(each))
      .filter(({ offset }) => offset < end)
      .map((style) => ({ ...style, length: Math.min(style.length, end - style.offset) }));
    return new CheckedText(withMarks({ text: text.slice(0, end), styles: begun }, leaks, language));
  }

  get text(): string {
    return this.#said.text;
  }

  get styles(): readonly Styled[] {
    return this.#said.styles;
  }

  /** The text in messages of a messenger's size. */
  split(cut: (text: string) => readonly string[]): readonly CheckedText[] {
    return splitFormatted(this.#said, cut).map((piece) => new CheckedText(piece));
  }
}

/** A block of code says its language, and a model may write anything there. */
const withCheckedLanguages = (styles: readonly Styled[], find: FindLeaks): readonly Styled[] =>
  styles.map(({ language, ...style }) =>
    language === undefined || find(language).length > 0 ? style : { ...style, language },
  );

function withMarks(
  { text, styles }: FormattedText,
  leaks: readonly Leak[],
  language: "en" | "ru",
): FormattedText {
  let shown = "";
  let from = 0;
  /** Where a unit of the text comes to stand: within a leak, at its mark's beginning. */
  const places: { readonly start: number; readonly shift: number; readonly fixed: boolean }[] = [];
  for (const { kind, start, end } of leaks) {
    shown += text.slice(from, start);
    places.push({ start, shift: shown.length, fixed: true });
    shown += leakMarks[kind][language];
    places.push({ start: end, shift: shown.length - end, fixed: false });
    from = end;
  }
  shown += text.slice(from);
  const placed = (at: number): number => {
    const last = places.findLast(({ start }) => start <= at);
    if (last === undefined) return at;
    return last.fixed ? last.shift : at + last.shift;
  };
  const kept = styles.map((style) => {
    const offset = placed(style.offset);
    return { ...style, offset, length: placed(style.offset + style.length) - offset };
  });
  return { text: shown, styles: kept.filter(({ length }) => length > 0) };
}
