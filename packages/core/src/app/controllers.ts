import { problem } from "@adyton/protocol";
import type { ModeCommand } from "../domain/modes/mode-spec.ts";
import { ProblemError } from "../domain/problem-error.ts";
import {
  answerByModel,
  answerExtractively,
  type AnsweringOptions,
  type Produced,
} from "./answering.ts";
import type { LiveRun } from "./live-run.ts";
import { answerFromMaterial, materialOf } from "./material.ts";
import { problemWords } from "./problem-words.ts";
import { answerFromSources } from "./rag-answer.ts";
import { answerInForm } from "./formed-answer.ts";
import { answerRecursively } from "./recursive-answer.ts";
import type { RunTrace } from "./run-trace.ts";

/** Answers a turn as its mode says. Throws `ProblemError`. */
export async function answerInMode(
  options: AnsweringOptions,
  run: LiveRun,
  trace: () => RunTrace,
): Promise<Produced> {
  const { language, backends } = options;
  const { id, controller, command, output } = run.policy;
  const material = materialOf(options, run);
  if (material.length > 0) return answerFromMaterial(options, run, material);
  if (command !== undefined) return answerByCommand(options, run, command);
  const hasModel = backends.slots > 0;
  if (controller === "extractive" || (controller === "rag" && !hasModel))
    return answerExtractively(options, run);
  if (!hasModel) {
    const detail = problemWords.modelNeeded(id)[language];
    throw new ProblemError(problem("backend_unavailable", { detail }));
  }
  if (controller === "recursia") return answerRecursively(options, run, trace());
  if (controller === "rag") return answerFromSources(options, run, trace());
  return output === undefined ? answerByModel(options, run) : answerInForm(options, run, trace());
}

async function answerByCommand(
  { runCommand }: AnsweringOptions,
  run: LiveRun,
  command: ModeCommand,
): Promise<Produced> {
  const { text, data } = await runCommand(command, run);
  if (run.watched) run.delta(text);
  return { text, answeredBy: "command", finish: "stop", data };
}
