import { type Bilingual, type CommandResult, type MessageAnswer, problem } from "@adyton/protocol";
import { commandSpec } from "../domain/commands/command-text.ts";
import { ProblemError } from "../domain/problem-error.ts";
import type { Principal } from "../ports/http.ts";
import { parseArgs } from "./command-args.ts";
import type { Conversations } from "./conversations.ts";
import type { Submission } from "./live-run.ts";
import { mayCommand } from "./permissions.ts";
import { problemWords } from "./problem-words.ts";
import type { Turns } from "./turns.ts";

interface RethinkOptions {
  readonly conversations: Conversations;
  readonly turns: Turns;
  readonly language: keyof Bilingual;
}

/**
 * The turn that `/rethink` is: an earlier question again, in RECURSIA, with its answer as the first one. Throws
 * `ProblemError`: `invalid_body`, `forbidden`, or `conflict` when there is no such answer or one is thought over already.
 */
export function rethinkSubmission(
  { conversations, turns, language }: RethinkOptions,
  principal: Principal,
  asked: {
    readonly conversation: string | undefined;
    readonly args: Readonly<Record<string, unknown>>;
  },
): Pick<Submission, "conversation" | "text" | "mode" | "rethink"> {
  const spec = commandSpec("rethink");
  if (!mayCommand(principal, spec)) {
    const detail = problemWords.grantNeeded("command:rethink")[language];
    throw new ProblemError(problem("forbidden", { detail }));
  }
  const { n, depth } = parseArgs(spec, asked.args, language);
  const back = Number(n ?? 1);
  const conflict = (detail: Bilingual): ProblemError =>
    new ProblemError(problem("conflict", { detail: detail[language] }));
  const { conversation } = asked;
  if (conversation === undefined) throw conflict(problemWords.noAnswerYet);
  const key = conversations.key(principal, conversation);
  if (turns.ofConversation(key).some(({ submission }) => submission.rethink !== undefined))
    throw conflict(problemWords.rethinkingAlready);
  const answered = conversations.answered(key, back);
  if (answered === undefined) throw conflict(problemWords.noAnswerYet);
  return {
    conversation,
    text: answered.question,
    mode: "RECURSIA",
    rethink: {
      run: answered.run,
      back,
      ...(depth === "deep" || depth === "fast" ? { depth } : {}),
    },
  };
}

/** The answer of such a turn as the result of a typed command. */
export function rethinkResult(answer: MessageAnswer): CommandResult {
  const { id, conversation, text, recursia } = answer;
  return { id, command: "rethink", conversation, text, data: recursia };
}
