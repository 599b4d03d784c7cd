// Zero-width characters, the soft hyphen, bidirectional controls and the invisible tag block: they change nothing
// a reader sees and would hide a word from the index. Two stress accents go too: «за́мок» is «замок».
const invisible =
  /(?:\u0300|\u0301|[\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF\u{E0000}-\u{E007F}])/gu;

/** One form for index and query: NFKC, lower case, ё as е, nothing invisible. SQLite does none of these for Russian. */
export function normalise(text: string): string {
  return text.normalize("NFKC").replaceAll(invisible, "").toLowerCase().replaceAll("ё", "е");
}
