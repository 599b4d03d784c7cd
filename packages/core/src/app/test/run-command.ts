import { CommandResult, commandTable } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import type { Principal } from "../../ports/http.ts";
import type { InstantCommand } from "../commands.ts";
import { owner } from "../tokens.ts";
import type { OpenApp } from "./app-fixture.ts";

/** Executes a command in conversation `c` and answers its data. */
export async function run(
  app: OpenApp,
  command: InstantCommand,
  args: object = {},
  principal: Principal = owner,
) {
  const invocation = { principal, command, args: { ...args }, conversation: "c" };
  const { result } = await app.commands.execute(invocation);
  CommandResult.parse(result);
  const spec = commandTable.find(({ name }) => name === command);
  return { text: result.text, data: Object(spec?.result.parse(result.data) ?? {}) };
}

/** Whether an error is a refusal of this code. */
export const refused = (code: string) => (error: unknown) =>
  error instanceof ProblemError && error.problem.code === code;

/** The types of the records, oldest first. */
export const types = (app: OpenApp): string[] => app.records.after(0, 500).map(({ type }) => type);
