import type { Language } from "@adyton/runtime/language";
import type { en } from "./en.ts";

export type TextKey = keyof typeof en;
export type TextValues = Readonly<Record<string, string | number>>;

/** The text of a key in the user's language, with its placeholders filled. */
export type Translate = (key: TextKey, values?: TextValues) => string;

/** `up --port 7861` as the user can repeat it; without words, the program's name alone. */
export type Spell = (words?: string) => string;

/** A placeholder, and a command line, which may hold placeholders. */
const value = /\{(\w+)(?:\|([^{}|]*)\|([^{}|]*))?\}/g;
const pattern = /\{adyton(?: ((?:[^{}]|\{\w+\})*))?\}|\{\w+(?:\|[^{}|]*\|[^{}|]*)?\}/g;

/**
 * Texts with `{name}` replaced by the value of that name, `{count|fault|faults}` by the word that fits the number, and
 * `{adyton up}` by that command line as `spell` writes it; `{adyton}` is the program's name alone.
 */
export function translator(
  texts: Readonly<Record<TextKey, string>>,
  spell: Spell = (words) => (words === undefined ? "adyton" : `adyton ${words}`),
): Translate {
  return (key, values = {}) => {
    const fill = (text: string): string =>
      text.replaceAll(value, (all, name: string, one?: string, many?: string) => {
        const found = values[name];
        if (found === undefined) return all;
        return String(one === undefined ? found : found === 1 ? one : many);
      });
    return texts[key].replaceAll(pattern, (all, words?: string) => {
      if (!all.startsWith("{adyton")) return fill(all);
      return words === undefined ? spell() : spell(fill(words));
    });
  };
}

/** Only the language that is spoken is loaded. */
export async function loadTexts(language: Language): Promise<(spell: Spell) => Translate> {
  const texts = language === "ru" ? (await import("./ru.ts")).ru : (await import("./en.ts")).en;
  return (spell) => translator(texts, spell);
}
