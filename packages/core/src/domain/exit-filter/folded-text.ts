/** A text as it is compared: what looks the same is the same, and what nobody sees is not there. */
export interface FoldedText {
  readonly text: string;
  /** The same in small letters; it has the same length. */
  readonly small: string;
  /** Where each unit stands in the original, and behind them the original's length. */
  readonly at: readonly number[];
}

const hidden = /[[\p{Cf}\p{Cc}\u115F\u1160\u3164\uFFA0]]|\u034F|[\uFE00-\uFE0F]/v;
/** Cyrillic and Greek letters that look like Latin ones (Unicode's confusables, the plain ones). */
const latin = new Map(
  Array.from("аАеЕоОсСрРхХуУкКВМНТіІјЈѕЅԁһԛԝοΟαΑΕΙΚΜΝΡΤΧΒΗΖ", (letter, index) => [
    letter,
    "aAeEoOcCpPxXyYkKBMHTiIjJsSdhqwoOaAEIKMNPTXBHZ".charAt(index),
  ]),
);

/** Folds a text to compare it: widths, look-alikes, characters nobody sees, and dots in brackets (`10[.]0[.]0[.]7`). */
export function foldText(original: string): FoldedText {
  let text = "";
  let small = "";
  const at: number[] = [];
  const push = (character: string, from: number): void => {
    const lower = character.toLowerCase();
    text += character;
    small += lower.length === character.length ? lower : character;
    for (let unit = 0; unit < character.length; unit += 1) at.push(from);
  };
  for (let from = 0; from < original.length;) {
    const character = String.fromCodePoint(original.codePointAt(from) ?? 0);
    const defanged = character === "[" && /^\[[.:]\]/u.test(original.slice(from, from + 3));
    if (defanged) push(original.charAt(from + 1), from);
    else if (character >= " " && character <= "~") push(character, from);
    else if (/[\t\n\r]/u.test(character)) push(character, from);
    else if (!hidden.test(character))
      push(latin.get(character) ?? character.normalize("NFKC"), from);
    from += defanged ? 3 : character.length;
  }
  at.push(original.length);
  return { text, small, at };
}
