import snowball from "snowball-stemmers";

const russian = snowball.newStemmer("russian");
const english = snowball.newStemmer("english");

// Stemming costs microseconds a word and text repeats its words: a bounded memory of results makes indexing several
// times faster. It is emptied when full, which costs less than keeping an order of use.
const rememberedWordsMax = 50_000;
const remembered = new Map<string, string>();

const cyrillicWord = /^[\p{Script=Cyrillic}]+$/u;
const latinWord = /^[a-z]+$/u;

/** The Snowball stem of a normalised word; Russian or English by its script. Anything else is returned unchanged. */
export function stem(word: string): string {
  if (word.length < 3) return word;
  const known = remembered.get(word);
  if (known !== undefined) return known;
  let result = word;
  if (cyrillicWord.test(word)) result = russian.stem(word);
  else if (latinWord.test(word)) result = english.stem(word);
  if (remembered.size >= rememberedWordsMax) remembered.clear();
  remembered.set(word, result);
  return result;
}
