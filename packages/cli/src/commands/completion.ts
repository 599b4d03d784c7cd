import { builtInModeNames } from "@adyton/core/mode-files";
import { completionScript, shellNames } from "../completion-script.ts";
import { readModes } from "../config-reading.ts";
import { Failure } from "../failure.ts";
import type { Invocation, Shell } from "../shell.ts";

/** `completion SHELL`: a script for the shell, built from the same table as the parser. */
export async function completion({ home, print, t }: Shell, { args }: Invocation): Promise<number> {
  const shell = shellNames.find((name) => name === args[0]);
  if (shell === undefined)
    throw new Failure("usage", {
      title: t("completion.unknown", { shells: shellNames.join(", ") }),
    });
  const { modes } = await readModes(home);
  const names = [...builtInModeNames, ...modes.map(({ id }) => id)];
  const script = completionScript(shell, t, names);
  if (print.json) print.value({ shell, script });
  else print.piece(script);
  return 0;
}
