// Product names travel between scripts (Telegram, Телеграм, телеграмм; Docker, докер) and nobody spells them the same
// way twice. The key writes a term down roughly as it sounds, in Latin letters, so that spellings of one name meet.
// It is a key, not a transcription: it only has to map both spellings to the same or a close string.
const cyrillic: Readonly<Record<string, string>> = {
  а: "a",
  б: "b",
  в: "v",
  г: "g",
  д: "d",
  е: "e",
  ж: "j",
  з: "z",
  и: "i",
  й: "i",
  к: "k",
  л: "l",
  м: "m",
  н: "n",
  о: "o",
  п: "p",
  р: "r",
  с: "s",
  т: "t",
  у: "u",
  ф: "f",
  х: "h",
  ц: "ts",
  ч: "ch",
  ш: "sh",
  щ: "sh",
  ъ: "",
  ы: "i",
  ь: "",
  э: "e",
  ю: "iu",
  я: "ia",
  і: "i",
  ї: "i",
  є: "e",
  ґ: "g",
};

// In order: digraphs before single letters, doubled letters last.
const folds: ReadonlyArray<readonly [RegExp, string]> = [
  [/dj|dzh/g, "j"],
  [/ph/g, "f"],
  [/th/g, "t"],
  [/kh/g, "h"],
  [/ck/g, "k"],
  [/c(?=[eiy])/g, "s"],
  [/c(?!h)/g, "k"],
  [/q/g, "k"],
  [/w/g, "v"],
  [/x/g, "ks"],
  [/y/g, "i"],
  [/(.)\1+/gu, "$1"],
  // English voices a last f when it inflects (leaf, leaves; proof, prove).
  [/(?:f|fe|ve)$/gu, "v"],
  // Russian drops the last vowel of many words when it inflects them (котёл, котла; рынок, рынка).
  [/^(.{2,}[^aeiou])[eo]([^aeiou])$/gu, "$1$2"],
];

/** How a normalised term sounds, in Latin letters; equal for the Latin and the Cyrillic spelling of most names. */
export function soundKey(term: string): string {
  let key = "";
  for (const letter of term) key += cyrillic[letter] ?? letter;
  for (const [pattern, replacement] of folds) key = key.replaceAll(pattern, replacement);
  return key;
}
