declare module "snowball-stemmers" {
  interface Stemmer {
    stem(word: string): string;
  }
  const factory: { newStemmer(algorithm: "russian" | "english"): Stemmer };
  export default factory;
}
