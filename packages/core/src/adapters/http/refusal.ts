import { type Problem, problem, type ProblemCode } from "@adyton/protocol";

/** A request the edge answers itself, with the headers its status asks for. */
export interface Refusal {
  readonly kind: "refused";
  readonly problem: Problem;
  readonly headers?: Readonly<Record<string, string>>;
}

export function refused(
  code: ProblemCode,
  extra: Parameters<typeof problem>[1] = {},
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return { kind: "refused", problem: problem(code, extra), headers };
}
