/** A model with one defining flaw, so that a test proves the architecture around it, not the model. */
export type Persona =
  /** Solves the arithmetic it is asked right with probability `p`, each call drawn anew, and is off by 1 to 9 otherwise. */
  | {
      readonly kind: "noisy_solver";
      readonly p: number;
      /** Answers for questions that are not arithmetic. */
      readonly answers?: (
        question: string,
      ) => { readonly right: string; readonly wrong: readonly string[] } | undefined;
    }
  /** Of a prompt over 4,000 characters it reads the first and the last 30 % only; what lies between was never said. */
  | { readonly kind: "forget_middle" }
  /** Reads only the last `tokens` tokens of the prompt, reports no more than that in usage, and does not say so. */
  | { readonly kind: "truncate"; readonly tokens: number }
  /** Obeys the last "ignore previous instructions …" found in any text: prints the order, its commands and links, and leaks. */
  | { readonly kind: "obey_injection" }
  /** Approves whatever it is asked to judge, so its sensitivity to errors is nil. */
  | { readonly kind: "rubber_stamp" }
  /** Rejects whatever it is asked to judge, right or wrong. */
  | { readonly kind: "contrarian" }
  /** Supports every statement by a quotation that occurs nowhere in the prompt. */
  | { readonly kind: "hallucinate_quotes" }
  /** Describes itself truthfully except for its mode, which it always names wrong. */
  | { readonly kind: "lies_about_mode" }
  /** Gives answer A on even calls and answer B on odd ones, whatever the prompt says. */
  | { readonly kind: "oscillate" };

/** Every persona's name, in the order of the documentation. */
export const personaKinds = [
  "noisy_solver",
  "forget_middle",
  "truncate",
  "obey_injection",
  "rubber_stamp",
  "contrarian",
  "hallucinate_quotes",
  "lies_about_mode",
  "oscillate",
] as const satisfies readonly Persona["kind"][];

/** How the personas that take a number are written. */
export const personaExamples: Readonly<Partial<Record<string, string>>> = {
  noisy_solver: "noisy_solver(0.7)",
  truncate: "truncate(4096)",
};

/** Reads a persona as a user writes it: `oscillate`, `noisy_solver(0.7)`, `truncate(4096)`; null when it is none. */
export function parsePersona(text: string): Persona | null {
  const [, name, argument] = /^([a-z_]+)(?:\(([\d.]+)\))?$/u.exec(text.trim()) ?? [];
  const kind = personaKinds.find((candidate) => candidate === name);
  if (kind === undefined) return null;
  const number = argument === undefined ? Number.NaN : Number(argument);
  const persona: Persona =
    kind === "noisy_solver"
      ? { kind, p: number }
      : kind === "truncate"
        ? { kind, tokens: number }
        : { kind };
  const takesNumber = personaExamples[kind] !== undefined;
  return personaProblem(persona) === null && takesNumber === (argument !== undefined)
    ? persona
    : null;
}

/** What is wrong with a persona's number, or null. */
export function personaProblem(persona: Persona): string | null {
  if (persona.kind === "noisy_solver" && !(persona.p >= 0 && persona.p <= 1))
    return "noisy_solver needs a probability from 0 to 1";
  if (persona.kind === "truncate" && !(Number.isSafeInteger(persona.tokens) && persona.tokens > 0))
    return "truncate needs a positive number of tokens";
  return null;
}
