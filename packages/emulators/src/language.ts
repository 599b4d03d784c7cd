export type Language = "ru" | "en";

const cyrillicShareMin = 0.3;
const sampleCharsMax = 4_000;

/**
 * The language to answer in: Russian when at least 30 % of the letters are Cyrillic, so «напиши class Foo на Python»
 * is Russian and an English sentence that names «борщ» is English.
 */
export function languageOf(text: string): Language {
  let cyrillic = 0;
  let latin = 0;
  const length = Math.min(text.length, sampleCharsMax);
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x400 && code <= 0x52f) cyrillic++;
    else if ((code >= 65 && code <= 90) || (code >= 97 && code <= 122)) latin++;
  }
  return cyrillic > 0 && cyrillic >= (cyrillic + latin) * cyrillicShareMin ? "ru" : "en";
}
