import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { ConfigProblem } from "@adyton/runtime/config-file";
import { describeError } from "@adyton/runtime/coded-error";
import type { NodeConfig } from "./config.ts";
import type { ModeBudget, ModeSpec } from "./domain/modes/mode-spec.ts";
import { builtInModes } from "./domain/modes/registry.ts";

/** The names of the node's own modes, in lower case. */
export const builtInModeNames: readonly string[] = builtInModes().map(({ id }) => id.toLowerCase());

/** Names that no mode of the owner's may have, in lower case: those of the node's modes, and that of what commands answer. */
export const reservedModeNames: readonly string[] = [
  "command",
  ...builtInModes().flatMap(({ id, aliases }) => [id.toLowerCase(), ...aliases]),
];

/** Modes that an owner may define; with one more none is taken. */
export const ownModesMax = 64;

export interface OwnModes {
  readonly modes: readonly ModeSpec[];
  /** Every fault of every file. With any, none of the modes holds. */
  readonly problems: readonly ConfigProblem[];
}

/** Reads the modes that the owner defined, in the order of their files' names. A folder that is absent has none. */
export async function readOwnModes(
  folder: string,
  config: Pick<NodeConfig, "recursia">,
): Promise<OwnModes> {
  const { names, problem } = modeFileNames(folder);
  const whole = (message: string): OwnModes => ({
    modes: [],
    problems: [{ file: folder, line: 1, column: 1, path: "", message }],
  });
  if (problem !== undefined) return whole(problem);
  if (names.length > ownModesMax) return whole(`holds over ${ownModesMax} modes`);
  if (names.length === 0) return { modes: [], problems: [] };
  // The parser of YAML takes long to load, and most nodes have no modes of their own.
  const { readConfigFile } = await import("@adyton/runtime/config-file");
  const { modeFile } = await import("./mode-file.ts");
  const budget = budgetOf(config);
  const taken = new Map(reservedModeNames.map((name) => [name, "the node"]));
  const take = ({ id, aliases }: ModeSpec, where: string): void => {
    for (const name of [id.toLowerCase(), ...aliases]) taken.set(name, where);
  };
  const modes: ModeSpec[] = [];
  const problems: ConfigProblem[] = [];
  for (const name of names) {
    const outcome = readConfigFile(join(folder, name), modeFile(taken, budget));
    if (outcome.kind === "refused") problems.push(...outcome.problems);
    else {
      modes.push(outcome.value);
      take(outcome.value, name);
    }
  }
  return problems.length > 0 ? { modes: [], problems } : { modes, problems };
}

/** What a run of RECURSIA may use. */
export function budgetOf({ recursia }: Pick<NodeConfig, "recursia">): Required<ModeBudget> {
  const { calls, tokens, wall_seconds: seconds } = recursia;
  return { calls, tokens, wallMs: seconds * 1_000 };
}

function modeFileNames(folder: string): { names: readonly string[]; problem?: string } {
  try {
    const names = readdirSync(folder).filter((name) => /^[^.].*\.ya?ml$/i.test(name));
    return { names: names.toSorted() };
  } catch (error) {
    const { code = "" } = describeError(error);
    return code === "ENOENT" ? { names: [] } : { names: [], problem: `cannot be read (${code})` };
  }
}
