import { type CommandSpec, problem } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";

/** A command's arguments by its own schema. Throws `ProblemError` `invalid_body` with the path of each fault. */
export function parseArgs(
  spec: CommandSpec,
  args: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const parsed = spec.args.safeParse(args);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({
    path: `/args/${issue.path.map(String).join("/")}`.replace(/\/$/, ""),
    message: issue.message,
  }));
  throw new ProblemError(
    problem("invalid_body", {
      detail: `The arguments do not fit. Example: ${spec.example}`,
      errors,
    }),
  );
}
