import { grantCovers, searchQueryCharsMax } from "@adyton/protocol";
import { shownModel } from "../domain/model/shown-model.ts";
import { groundedAnswer } from "../domain/recursia/grounded.ts";
import { bestAtTheEnds } from "../domain/search/fuse.ts";
import { placeOf } from "../domain/search/place.ts";
import type { SearchHit } from "../domain/search/search-contract.ts";
import { languageOf } from "../domain/search/terms.ts";
import type { AnsweringOptions, Produced } from "./answering.ts";
import { answerFromMemory } from "./extractive-answer.ts";
import type { LiveRun } from "./live-run.ts";
import { ModelCalls } from "./model-calls.ts";
import { provenanceOf } from "./provenance.ts";
import type { RunTrace } from "./run-trace.ts";

/**
 * Answers from memory: the model turns passages into an answer, and code holds every quotation against them. Where
 * memory has no answer, that is the answer; where the model's quotations do not stand, memory is quoted instead.
 */
export async function answerFromSources(
  options: AnsweringOptions,
  run: LiveRun,
  trace: RunTrace,
): Promise<Produced> {
  const { text, principal } = run.submission;
  const { budget, retrieval, prompt } = run.policy;
  const query = text.slice(0, searchQueryCharsMax);
  const { k: limit = 0, sources = [] } = retrieval ?? {};
  const result = await options.find({ query, owners: [principal.person], limit, sources });
  if (!result.found) return told(run, notFound(text));
  const calls = new ModelCalls(options, run);
  const passages = bestAtTheEnds(result.hits);
  const outcome = await groundedAnswer(text, passages, {
    ask: calls.ask,
    policy: { calls: 2, tokens: 0, wallMs: 0, ...budget, depth: "fast", patience: 1 },
    count: (each) => options.backends.first("chat")?.countTokens(each) ?? each.length,
    onStep: (step) => trace.add(step),
    ...(prompt === undefined ? {} : { prompt }),
  });
  await trace.written();
  const usage = {
    promptTokens: outcome.cost.inTokens,
    completionTokens: outcome.cost.outTokens,
    estimated: calls.estimated,
  };
  if (outcome.kind === "not_found") return told(run, { ...notFound(text), usage });
  if (outcome.kind === "unsupported") return told(run, { ...quoted(text, result), usage });
  const cited = outcome.citations.flatMap(({ passage, quote }) => {
    const hit = passages[passage];
    return hit === undefined ? [] : [{ hit, quote }];
  });
  const isOwner = grantCovers(principal.grants, "admin");
  const model = calls.answer(outcome.said)?.model ?? "";
  return told(run, {
    text: `${outcome.answer}\n\n${cited.map(sourceLine).join("\n")}`,
    answeredBy: "model",
    model: isOwner ? model : shownModel(model),
    finish: "stop",
    found: true,
    citations: cited.map(({ hit, quote }) => citation(hit, quote)),
    usage,
  });
}

function told(run: LiveRun, made: Produced): Produced {
  if (run.watched) run.delta(made.text);
  return made;
}

function notFound(question: string): Produced {
  const text = { en: "Not found in memory.", ru: "Не найдено в памяти." }[languageOf(question)];
  return { text, answeredBy: "extractive", finish: "stop", found: false };
}

function quoted(question: string, result: Parameters<typeof answerFromMemory>[1]): Produced {
  const answer = answerFromMemory(question, result, "message");
  if (!answer.found) return notFound(question);
  const citations = answer.citations.map((cited) => ({ ...cited, heading: [...cited.heading] }));
  return { text: answer.text, answeredBy: "extractive", finish: "stop", found: true, citations };
}

function sourceLine({ hit, quote }: { hit: SearchHit; quote: string }, index: number): string {
  return `[${index + 1}] “${quote}” — ${placeOf(hit)} (${hit.source})`;
}

function citation(hit: SearchHit, quote: string) {
  const { documentId, title, source, heading, seq } = hit;
  const provenance = provenanceOf(hit);
  return { documentId, title, source, heading: [...heading], quote, seq, provenance };
}
