import type { Language } from "@adyton/runtime/language";
import type { en } from "./en.ts";

export type TextKey = keyof typeof en;
export type TextValues = Readonly<Record<string, string | number>>;

/** The text of a key in the user's language, with `{name}` replaced by the value of that name. */
export type Translate = (key: TextKey, values?: TextValues) => string;

export function translator(texts: Readonly<Record<TextKey, string>>): Translate {
  return (key, values = {}) =>
    texts[key].replaceAll(/\{(\w+)\}/g, (placeholder, name: string) =>
      String(values[name] ?? placeholder),
    );
}

/** Only the language that is spoken is loaded. */
export async function loadTexts(language: Language): Promise<Translate> {
  return translator(
    language === "ru" ? (await import("./ru.ts")).ru : (await import("./en.ts")).en,
  );
}
