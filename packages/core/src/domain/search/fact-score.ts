// How far a question asks for a fact. A fact has a key, its subject and what is told of it, and a question that shares
// only a part of it asks for another: «любимый цвет Анны Ивановой» is not answered by what is known of Анна Петрова, nor
// by another thing about Анна Иванова. The share of the question, which is what counts for a text, cannot tell this.

/** A word of the question: its forms in the collection, and how surely each is that word, 0 to 1. */
export interface AskedTerm {
  readonly variants: ReadonlyMap<string, number>;
}

/** A question: the words it asks for, and all it says, those without a topic too, which a fact may have as well. */
export interface AskedQuestion {
  readonly asked: readonly AskedTerm[];
  readonly said: ReadonlySet<string>;
}

/** The words of a fact, in its parts. */
export interface FactTerms {
  readonly subject: ReadonlySet<string>;
  readonly attribute: ReadonlySet<string>;
  readonly value: ReadonlySet<string>;
}

/** The share of a part, by the weight of its words, from which on the question names it. */
const namedShare = 0.6;
/** How surely a form must be the question's word to be that word. */
const sureEnough = 0.5;
/** Of what the question does not ask for: it stays below the floor, and the more of it is named the higher it stands. */
const unaskedFactor = 0.4;

/**
 * The score of each fact, 0 to 1, for the floor below which nothing is worth quoting. A fact is asked for when the
 * question has no word that is not in it; or when the question names two of its parts, and every word that stands in the
 * key of some fact stands in a fact that is named this far: otherwise it is about somebody or something else.
 */
export function scoreFacts(
  question: AskedQuestion,
  facts: readonly FactTerms[],
  weightOf: (term: string) => number,
): readonly number[] {
  const { asked } = question;
  const looked = facts.map((fact) => look(question, fact, weightOf));
  const named = looked.filter(({ isNamed }) => isNamed);
  const isAnswered = (term: number): boolean => named.some(({ covered }) => covered.has(term));
  const isOfSomethingElse = asked.some(
    (_, term) => looked.some(({ keys }) => keys.has(term)) && !isAnswered(term),
  );
  return looked.map(({ covered, isNamed, score }) => {
    const isAsked = covered.size === asked.length || (isNamed && !isOfSomethingElse);
    return asked.length > 0 && isAsked ? Math.max(score, namedShare) : score * unaskedFactor;
  });
}

interface Looked {
  /** Which words of the question the fact has, and which it has in its key. */
  readonly covered: ReadonlySet<number>;
  readonly keys: ReadonlySet<number>;
  readonly isNamed: boolean;
  readonly score: number;
}

function look(
  { asked, said }: AskedQuestion,
  { subject, attribute, value }: FactTerms,
  weightOf: (term: string) => number,
): Looked {
  const shareOf = (part: ReadonlySet<string>): number => {
    let all = 0;
    let present = 0;
    for (const term of part) {
      const weight = weightOf(term);
      const sureness = said.has(term)
        ? 1
        : Math.max(0, ...asked.map(({ variants }) => variants.get(term) ?? 0));
      all += weight;
      present += weight * sureness;
    }
    return all === 0 ? 0 : present / all;
  };
  const within = (parts: readonly ReadonlySet<string>[]): ReadonlySet<number> =>
    new Set(
      asked.flatMap(({ variants }, index) =>
        [...variants].some(
          ([form, sureness]) => sureness >= sureEnough && parts.some((part) => part.has(form)),
        )
          ? [index]
          : [],
      ),
    );
  const [most = 0, second = 0] = [subject, attribute, value]
    .map(shareOf)
    .toSorted((left, right) => right - left);
  return {
    covered: within([subject, attribute, value]),
    keys: within([subject, attribute]),
    isNamed: second >= namedShare,
    score: (most + second) / 2,
  };
}
