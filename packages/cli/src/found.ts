import { type Outcome, problemFailure } from "./client.ts";
import { Failure } from "./failure.ts";
import type { Shell } from "./shell.ts";
import { plainLine } from "./terminal-text.ts";

/**
 * What was asked for by its name. Throws `Failure`: for what is not there, with that name and the command that lists what
 * is. A name of another shape is refused by the route before it is looked for; to the user both are the same.
 */
export function found<T>(
  outcome: Outcome<T>,
  { t }: Pick<Shell, "t">,
  { name, list }: { readonly name: string; readonly list: string },
): T {
  if (outcome.kind === "ok") return outcome.value;
  const { problem } = outcome;
  if (problem.code !== "not_found" && problem.code !== "invalid_request")
    throw problemFailure(problem, t);
  throw new Failure("failed", {
    title: t("missing.named", { name: plainLine(name) }),
    advice: t("missing.listed", { list }),
    data: problem,
  });
}
