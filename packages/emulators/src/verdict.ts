import { wordOf, type JsonValue } from "./json.ts";

const approving = new Set(
  "supported yes true pass passed correct right ok accept accepted approve approved good high agree entails entailment да верно правильно подтверждено принято".split(
    " ",
  ),
);
const rejecting = new Set(
  "contradicted not_supported unsupported no false fail failed incorrect wrong reject rejected refuted bad low disagree contradiction нет неверно неправильно опровергнуто отклонено".split(
    " ",
  ),
);
const abstaining = new Set(
  "unknown not_found none n/a abstain unclear неизвестно не_найдено".split(" "),
);
const faultName = /wrong|error|incorrect|contradict|fail|invalid|reject|ошиб|неверн/iu;

export type Leaning = "approve" | "reject" | "abstain";

/** The value of an enum that a leaning chooses; without a known word, approving takes the first and rejecting the last. */
export function verdictOf(values: readonly JsonValue[], leaning: Leaning): JsonValue {
  const words = { approve: approving, reject: rejecting, abstain: abstaining }[leaning];
  const fitting = values.find((value) => words.has(wordOf(value).toLowerCase()));
  return fitting ?? (leaning === "reject" ? values.at(-1) : values[0]) ?? null;
}

/** A boolean for a property: approval of `hasError` is false. */
export function flagOf(key: string, leaning: Leaning): boolean {
  return (leaning === "approve") !== faultName.test(key);
}

const choicePattern =
  /([\p{L}_]{1,20})["'»)]?\s{0,3}(?:,\s{0,3}or\s|,\s{0,3}или\s|\sor\s|\sили\s|\/|\|)\s{0,3}["'«(]?([\p{L}_]{1,20})/giu;

/** The label a text asks for ("RIGHT or WRONG", «да или нет», "A or B") as a leaning chooses it, or null. */
export function labelIn(text: string, leaning: "approve" | "reject"): string | null {
  for (const [, first = "", second = ""] of text.matchAll(choicePattern)) {
    const pair = [first, second];
    const known = pair.map((label) => label.toLowerCase());
    const isVerdict =
      known.some((label) => approving.has(label)) && known.some((label) => rejecting.has(label));
    const isLetter = pair.every((label) => /^\p{Lu}$/u.test(label));
    if (isVerdict) return wordOf(verdictOf(pair, leaning));
    if (isLetter) return leaning === "approve" ? first : second;
  }
  return null;
}
