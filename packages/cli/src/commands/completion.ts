import { completionScript, shellNames } from "../completion-script.ts";
import { Failure } from "../failure.ts";
import type { Invocation, Shell } from "../shell.ts";

/** `completion SHELL`: a script for the shell, built from the same table as the parser. */
export function completion({ print, t }: Shell, { args }: Invocation): Promise<number> {
  const shell = shellNames.find((name) => name === args[0]);
  if (shell === undefined)
    throw new Failure("usage", {
      title: t("completion.unknown", { shells: shellNames.join(", ") }),
    });
  const script = completionScript(shell, t);
  if (print.json) print.value({ shell, script });
  else print.piece(script);
  return Promise.resolve(0);
}
