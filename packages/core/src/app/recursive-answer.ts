import {
  type Bilingual,
  grantCovers,
  problem,
  type RethinkReport,
  searchQueryCharsMax,
} from "@adyton/protocol";
import { billionsByName } from "../domain/model/model-size.ts";
import { shownModel } from "../domain/model/shown-model.ts";
import { recursiaBudget } from "../domain/modes/registry.ts";
import { ProblemError } from "../domain/problem-error.ts";
import type { Passage, Policy, Rethought } from "../domain/recursia/asking.ts";
import { schemaChecker } from "../domain/recursia/json-shape.ts";
import { recurse } from "../domain/recursia/recurse.ts";
import type { Cost } from "../domain/recursia/run-budget.ts";
import { bestAtTheEnds } from "../domain/search/fuse.ts";
import { languageOf } from "../domain/search/terms.ts";
import { answerByModel, type AnsweringOptions, type Produced } from "./answering.ts";
import type { Answered } from "./conversations.ts";
import type { LiveRun } from "./live-run.ts";
import { ModelCalls, noAnswer } from "./model-calls.ts";
import { externalTexts, passagesOf } from "./passages.ts";
import { problemWords } from "./problem-words.ts";
import type { RunTrace } from "./run-trace.ts";
import { remarks } from "./rethink-words.ts";

/** From this size on, in billions of parameters, revising once more in vain is worth it, and judging is possible at all. */
const largeModelBillions = 14;

/**
 * Answers by RECURSIA, or thinks an earlier answer over. Watchers see the steps first and the answer once it stands.
 * Throws `ProblemError` where there is no first answer to fall back on.
 */
export async function answerRecursively(
  options: AnsweringOptions,
  run: LiveRun,
  trace: RunTrace,
): Promise<Produced> {
  const { rethink, principal, context } = run.submission;
  // Tools are called by the client, in turns of its own: there is no answer to think over yet.
  if (context?.tools !== undefined && run.policy.clientTools) return answerByModel(options, run);
  const before = rethink === undefined ? undefined : firstAnswer(options, rethink.run);
  run.guard.inherit(before?.taint);
  const first = before?.answer;
  const policy = policyOf(options, run);
  const tokens = options.dayTokens.setAside(principal.id, policy.tokens, run.end);
  if (tokens === 0) return answerWithoutThinking(options, run, first);
  const calls = new ModelCalls(options, run, rethink === undefined ? 0 : rethink.back * 2);
  const outcome = await recurse(
    {
      question: run.submission.text,
      first,
      windowTokens: windowTokens(options),
      findPassages: () => passagesFor(options, run),
      checkers: [...clientChecks(run), ...modeChecks(run)],
    },
    {
      ask: calls.ask,
      policy: { ...policy, tokens },
      count: (text) => counter(options, text),
      nonce: run.guard.nonce,
      onStep: (step) => trace.add(step),
    },
  );
  await trace.written();
  if (outcome.kind === "stopped") throw noAnswer(options, outcome.reason, calls);
  const { result, cost } = outcome;
  refuseMisfit(options, run, result.answer);
  return produce(run, { result, cost, calls, isRethought: rethink !== undefined });
}

function firstAnswer({ conversations, language }: AnsweringOptions, run: string): Answered {
  const answered = conversations.answerOf(run);
  if (answered !== undefined) return answered;
  throw new ProblemError(problem("erased", { detail: problemWords.noAnswerYet[language] }));
}

function produce(
  run: LiveRun,
  {
    result,
    cost,
    calls,
    isRethought,
  }: {
    readonly result: Rethought;
    readonly cost: Cost;
    readonly calls: ModelCalls;
    readonly isRethought: boolean;
  },
): Produced {
  const report: RethinkReport = {
    ...result,
    changes: [...result.changes],
    cost,
    traceUrl: `/api/v1/runs/${run.id}/events`,
  };
  const remark = isRethought ? remarks.rethought(report, languageOf(run.submission.text)) : "";
  const text = remark === "" ? result.answer : `${result.answer}\n\n${remark}`;
  if (run.watched) run.delta(text);
  const outcome = calls.answer(result.answer);
  const isOwner = grantCovers(run.submission.principal.grants, "admin");
  const model = outcome === undefined || isOwner ? outcome?.model : shownModel(outcome.model);
  return {
    text,
    answeredBy: "model",
    ...(model === undefined ? {} : { model }),
    finish: outcome === undefined || outcome.finish === "tool_calls" ? "stop" : outcome.finish,
    usage: {
      promptTokens: cost.inTokens,
      completionTokens: cost.outTokens,
      estimated: calls.estimated,
    },
    recursia: report,
    // A text command answers with what its typed form does.
    ...(isRethought ? { data: report } : {}),
  };
}

/** The day's tokens are used up: the model answers once, or the answer stays, and the text says so. */
async function answerWithoutThinking(
  options: AnsweringOptions,
  run: LiveRun,
  first: string | undefined,
): Promise<Produced> {
  const made: Produced =
    first === undefined
      ? await answerByModel(options, run)
      : { text: first, answeredBy: "model", finish: "stop" };
  const remark = `\n\n${remarks.daySpent[languageOf(run.submission.text)]}`;
  if (run.watched) run.delta(first === undefined ? remark : first + remark);
  const report: RethinkReport = {
    answer: made.text,
    improved: first === undefined ? "unknown" : "no",
    evidence: "none",
    stopReason: "daily_tokens",
    changes: [],
    cost: {
      calls: first === undefined ? 1 : 0,
      inTokens: made.usage?.promptTokens ?? 0,
      outTokens: made.usage?.completionTokens ?? 0,
      ms: 0,
    },
    traceUrl: `/api/v1/runs/${run.id}/events`,
  };
  const data = first === undefined ? {} : { data: report };
  return { ...made, text: made.text + remark, recursia: report, ...data };
}

function policyOf({ backends, judgeQuality }: AnsweringOptions, run: LiveRun): Policy {
  const { calls, tokens, wallMs } = { ...recursiaBudget, ...run.policy.budget };
  const size = billionsByName(backends.first("chat")?.model ?? "");
  const isLarge = size !== undefined && size > largeModelBillions;
  const mayJudge = backends.works("verifier") || size === undefined || size >= largeModelBillions;
  return {
    calls,
    tokens,
    wallMs,
    depth: run.submission.rethink?.depth ?? "fast",
    patience: isLarge ? 2 : 1,
    judge: mayJudge ? judgeQuality() : undefined,
  };
}

function windowTokens({ backends }: AnsweringOptions): number {
  const windows = backends.of("chat").map(({ backend }) => backend.contextTokens);
  // Any of them may be asked.
  return Math.min(...windows);
}

function counter({ backends }: AnsweringOptions, text: string): number {
  return backends.first("chat")?.countTokens(text) ?? Math.ceil(text.length / 3);
}

async function passagesFor({ find }: AnsweringOptions, run: LiveRun): Promise<readonly Passage[]> {
  const { text, principal } = run.submission;
  const query = text.slice(0, searchQueryCharsMax);
  const { k: limit = 0, sources = [] } = run.policy.retrieval ?? {};
  const { found, hits } = await find({ query, owners: [principal.person], limit, sources });
  if (!found) return [];
  run.guard.read(externalTexts(hits));
  return passagesOf(bestAtTheEnds(hits), run.guard);
}

/** The form that the mode demands is checked like everything else. */
function modeChecks({ policy, submission }: LiveRun) {
  const { output } = policy;
  return output === undefined ? [] : [schemaChecker(output, languageOf(submission.text))];
}

/** Throws `ProblemError` `backend_invalid` for an answer that is not of the form which the mode demands. */
function refuseMisfit({ language }: AnsweringOptions, run: LiveRun, answer: string): void {
  const faults = modeChecks(run).map((checker) => checker.check(answer).message);
  const fault = faults.join(" ");
  if (fault === "") return;
  const detail = problemWords.outputUnfit(run.mode, fault)[language];
  throw new ProblemError(problem("backend_invalid", { detail }));
}

/** A client that asks for a format of its own has it checked. */
function clientChecks(run: LiveRun) {
  const format: unknown = run.submission.context?.settings?.response_format;
  if (typeof format !== "object" || format === null || !("type" in format)) return [];
  const language: keyof Bilingual = languageOf(run.submission.text);
  if (format.type === "json_object") return [schemaChecker({}, language)];
  const isSchema = format.type === "json_schema" && "json_schema" in format;
  const named: unknown = isSchema ? format.json_schema : undefined;
  if (typeof named !== "object" || named === null || !("schema" in named)) return [];
  return [schemaChecker(named.schema, language)];
}
