import { grantCovers, problem } from "@adyton/protocol";
import { shownModel } from "../domain/model/shown-model.ts";
import type { ModeSpec } from "../domain/modes/mode-spec.ts";
import { ProblemError } from "../domain/problem-error.ts";
import { schemaChecker } from "../domain/recursia/json-shape.ts";
import { jsonIn, prompts } from "../domain/recursia/prompts.ts";
import { RunBudget } from "../domain/recursia/run-budget.ts";
import { languageOf } from "../domain/search/terms.ts";
import type { AnsweringOptions, Produced } from "./answering.ts";
import type { LiveRun } from "./live-run.ts";
import { ModelCalls, noAnswer } from "./model-calls.ts";
import { problemWords } from "./problem-words.ts";
import type { RunTrace } from "./run-trace.ts";

/** An answer, and once more where a check finds fault with it. */
const callsMax = 2;

/**
 * Answers in the form that the mode demands: the model is held to its JSON schema where the server can do that, the
 * answer is checked by code, and the model is told once what does not fit. Throws `ProblemError` `backend_invalid` when
 * the second answer does not fit either: whoever demands a form cannot use another.
 */
export async function answerInForm(
  options: AnsweringOptions,
  run: LiveRun,
  trace: RunTrace,
): Promise<Produced> {
  const { output } = run.policy;
  const language = languageOf(run.submission.text);
  const calls = new ModelCalls(options, run);
  const budget = new RunBudget({
    ask: calls.ask,
    // The turn's own time is the only other bound.
    policy: { calls: callsMax, tokens: Infinity, wallMs: Infinity, depth: "fast", patience: 1 },
    count: (text) => text.length,
    onStep: (step) => trace.add(step),
  });
  const ask = { about: "conversation", temperature: 0.2, byVerifier: false } as const;
  const schema = { name: "answer", schema: output };
  let asked = await budget.draft({ ...ask, purpose: "draft", messages: [], schema });
  for (;;) {
    if (asked.kind === "stopped") throw noAnswer(options, asked.reason, calls);
    const { text, figures } = asked;
    const kind = figures.call === 1 ? "draft" : "revise";
    budget.step({ kind, verdict: "made", textOut: text, ...figures });
    const { fault, json } = formOf(text, run.policy, language);
    budget.step({ kind: "check", verdict: fault === "" ? "pass" : "fail", reason: fault });
    if (fault === "") {
      budget.step({ kind: "stop", verdict: "passed" });
      await trace.written();
      return produced(run, { said: text, text: json, budget, calls });
    }
    if (budget.callsLeft === 0) {
      budget.step({ kind: "stop", verdict: "no_improvement" });
      await trace.written();
      const detail = problemWords.outputUnfit(run.mode, fault)[options.language];
      throw new ProblemError(problem("backend_invalid", { detail }));
    }
    const messages = [
      { role: "assistant", content: text },
      { role: "user", content: prompts.revise[language](fault) },
    ] as const;
    asked = await budget.ask({ ...ask, purpose: "revise", messages, schema });
  }
}

/** The JSON of an answer, also where words stand around it, and what does not fit the mode's schema. */
function formOf(
  text: string,
  { output }: ModeSpec,
  language: "en" | "ru",
): { readonly json: string; readonly fault: string } {
  const found = jsonIn(text);
  const json = found === undefined ? text : JSON.stringify(found);
  return { json, fault: schemaChecker(output, language).check(json).message };
}

function produced(
  run: LiveRun,
  {
    said,
    text,
    budget,
    calls,
  }: {
    readonly said: string;
    readonly text: string;
    readonly budget: RunBudget;
    readonly calls: ModelCalls;
  },
): Produced {
  if (run.watched) run.delta(text);
  const model = calls.answer(said)?.model ?? "";
  const isOwner = grantCovers(run.submission.principal.grants, "admin");
  const { inTokens, outTokens } = budget.cost;
  return {
    text,
    answeredBy: "model",
    model: isOwner ? model : shownModel(model),
    finish: "stop",
    data: JSON.parse(text),
    usage: {
      promptTokens: inTokens,
      completionTokens: outTokens,
      estimated: calls.estimated,
    },
  };
}
