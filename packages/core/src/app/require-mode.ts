import { type Bilingual, problem, type Tier } from "@adyton/protocol";
import type { ModeSpec } from "../domain/modes/mode-spec.ts";
import { mayUse, type Modes } from "../domain/modes/registry.ts";
import { ProblemError } from "../domain/problem-error.ts";
import { problemWords } from "./problem-words.ts";

interface Wanted {
  readonly modes: Modes;
  readonly tier: Tier;
  readonly language: keyof Bilingual;
}

/** The mode of a name. Throws `ProblemError`: `unknown_mode` with the modes that the tier may use, or `forbidden`. */
export function requireMode(name: string, { modes, tier, language }: Wanted): ModeSpec {
  const mode = modes.find(name);
  if (mode === undefined) {
    const ids = modes.usableBy(tier).map((each) => each.id);
    const detail = problemWords.unknownMode(name, ids.join(", "))[language];
    throw new ProblemError(problem("unknown_mode", { detail }));
  }
  if (mayUse(mode, tier)) return mode;
  const detail = problemWords.tierNeeded(mode.id, mode.minTier)[language];
  throw new ProblemError(problem("forbidden", { detail }));
}
