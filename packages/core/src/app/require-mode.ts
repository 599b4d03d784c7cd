import { type Bilingual, problem } from "@adyton/protocol";
import { findMode, type ModeSpec, modes } from "../domain/modes/registry.ts";
import { ProblemError } from "../domain/problem-error.ts";
import { problemWords } from "./problem-words.ts";

/** The mode of a name. Throws `ProblemError` with the modes that exist. */
export function requireMode(name: string, language: keyof Bilingual): ModeSpec {
  const mode = findMode(name);
  if (mode !== undefined) return mode;
  const ids = modes.map((each) => each.id).join(", ");
  const detail = problemWords.unknownMode(name, ids)[language];
  throw new ProblemError(problem("unknown_mode", { detail }));
}
