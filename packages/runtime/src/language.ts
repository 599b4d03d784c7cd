/** The two languages in which everything is said. */
export type Language = "ru" | "en";

/** Enough to decide; a long document costs no more than its beginning. */
const lettersMax = 2_000;

/** The language a user's environment asks for; the first of `LC_ALL`, `LC_MESSAGES`, `LANG` that is set decides. */
export function localeLanguage(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = [env["LC_ALL"], env["LC_MESSAGES"], env["LANG"]].find(
    (value) => value !== undefined && value !== "",
  );
  return locale !== undefined && /^ru(?:$|[_.@-])/i.test(locale) ? "ru" : "en";
}

/**
 * The language of a text: Russian when at least a third of its letters are Cyrillic. Russian sentences are full of
 * Latin names and commands, English ones hardly ever hold Cyrillic. A text without letters gives `fallback`.
 */
export function textLanguage(text: string, fallback: Language = "en"): Language {
  let letters = 0;
  let cyrillic = 0;
  for (const [letter] of text.matchAll(/\p{L}/gu)) {
    letters += 1;
    if (/\p{Script=Cyrillic}/u.test(letter)) cyrillic += 1;
    if (letters === lettersMax) break;
  }
  if (letters === 0) return fallback;
  return cyrillic * 3 >= letters ? "ru" : "en";
}
