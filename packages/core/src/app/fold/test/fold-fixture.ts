import { type CommandName, type FoldArgs, type FoldGroupArgs, FoldReport } from "@adyton/protocol";
import { ProblemError } from "../../../domain/problem-error.ts";
import type { Principal } from "../../../ports/http.ts";
import { type OpenApp, person } from "../../test/app-fixture.ts";
import { owner } from "../../tokens.ts";

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** Someone who may fold logs, and nothing of the node's. */
export const mayFold = person("anna", "say", "command:fold_error", "command:fold_group");

/** Folds as this person, and checks that the report is one. */
export async function fold(app: OpenApp, args: FoldArgs, principal: Principal = owner) {
  const result = await execute(app, "fold_error", args, principal);
  return { text: result.text, data: FoldReport.parse(result.data) };
}

export async function regroup(app: OpenApp, args: FoldGroupArgs, principal: Principal = owner) {
  return (await execute(app, "fold_group", args, principal)).data;
}

async function execute(
  app: OpenApp,
  command: Extract<CommandName, `fold_${string}`>,
  args: object,
  principal: Principal,
) {
  const invocation = { principal, command, args: { ...args }, conversation: undefined };
  return (await app.commands.execute(invocation)).result;
}

export const refused = (code: string, words?: RegExp) => (error: unknown) =>
  error instanceof ProblemError &&
  error.problem.code === code &&
  (words?.test(error.problem.detail ?? "") ?? true);

/** A time so long before now, as a line has it. */
export const ago = ({ clock }: OpenApp, ms: number): string =>
  new Date(clock.ms - ms).toISOString();

export const told = ({ data }: { data: FoldReport }) =>
  data.clusters.map(({ template, count }) => [template, count]);
