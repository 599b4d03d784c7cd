import { grantCovers, searchQueryCharsMax } from "@adyton/protocol";
import { quarantinedRead } from "../domain/external/quarantined-read.ts";
import { isExternal } from "../domain/external/taint.ts";
import { shownModel } from "../domain/model/shown-model.ts";
import { groundedAnswer, type GroundedOptions } from "../domain/recursia/grounded.ts";
import type { RecurseOptions } from "../domain/recursia/recurse.ts";
import type { Cost } from "../domain/recursia/run-budget.ts";
import { bestAtTheEnds } from "../domain/search/fuse.ts";
import { placeOf } from "../domain/search/place.ts";
import type { SearchHit, SearchResult } from "../domain/search/search-contract.ts";
import { languageOf } from "../domain/search/terms.ts";
import type { AnsweringOptions, Produced } from "./answering.ts";
import { answerFromMemory } from "./extractive-answer.ts";
import type { LiveRun } from "./live-run.ts";
import { ModelCalls } from "./model-calls.ts";
import { externalTexts } from "./passages.ts";
import { provenanceOf } from "./provenance.ts";
import type { RunTrace } from "./run-trace.ts";

interface Cited {
  readonly hit: SearchHit;
  readonly quote: string;
}

/** What the passages of one kind came to. */
interface Part {
  /** Absent: there is no answer in them. `from`: how many quotations stand before this part's. */
  readonly text?: (from: number) => string;
  readonly cited: readonly Cited[];
  /** True: the model's words do not stand, and memory can still be quoted. */
  readonly isUnsound: boolean;
  /** The model's own words, by which its call is known. */
  readonly said: string;
  readonly cost: Cost;
}

/**
 * Answers from memory: the model turns passages into an answer, and code holds every quotation against them. External
 * passages are read apart, by a call that sees nothing else; what they say stands behind the answer, as theirs. Where
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
  const { calls: callsMax, tokens, wallMs } = { calls: 2, tokens: 0, wallMs: 0, ...budget };
  const outside = result.hits.filter(({ tier }) => isExternal(tier) && !run.guard.isOff);
  run.guard.read(externalTexts(outside));
  const asking = (callsLeft: number): GroundedOptions => ({
    ask: calls.ask,
    policy: { calls: callsLeft, tokens, wallMs, depth: "fast", patience: 1 },
    count: (each) => options.backends.first("chat")?.countTokens(each) ?? each.length,
    nonce: run.guard.nonce,
    onStep: (step) => trace.add(step),
    ...(prompt === undefined ? {} : { prompt }),
  });
  const own = bestAtTheEnds(result.hits.filter((hit) => !outside.includes(hit)));
  const calledOutside = outside.length === 0 ? 0 : 1;
  const parts = [
    ...(own.length === 0 ? [] : [await readOwn(text, own, asking(callsMax - calledOutside))]),
    ...(outside.length === 0 ? [] : [await readOutside(text, outside, asking(calledOutside))]),
  ];
  await trace.written();
  return told(run, composed(run, { parts, result, calls }));
}

function composed(
  { submission: { text: question, principal } }: LiveRun,
  {
    parts,
    result,
    calls,
  }: { readonly parts: readonly Part[]; readonly result: SearchResult; readonly calls: ModelCalls },
): Produced {
  const total = (of: (cost: Cost) => number): number =>
    parts.reduce((sum, { cost }) => sum + of(cost), 0);
  const usage = {
    promptTokens: total(({ inTokens }) => inTokens),
    completionTokens: total(({ outTokens }) => outTokens),
    estimated: calls.estimated,
  };
  const said = parts.find(({ text }) => text !== undefined)?.said;
  if (said === undefined) {
    const isUnsound = parts.some((part) => part.isUnsound);
    return { ...(isUnsound ? quoted(question, result) : notFound(question)), usage };
  }
  const cited: Cited[] = [];
  const texts = parts.flatMap((part) => {
    const text = part.text?.(cited.length);
    cited.push(...part.cited);
    return text ?? [];
  });
  const isOwner = grantCovers(principal.grants, "admin");
  const model = calls.answer(said)?.model ?? "";
  return {
    text: `${texts.join("\n\n")}\n\n${cited.map(sourceLine).join("\n")}`,
    answeredBy: "model",
    model: isOwner ? model : shownModel(model),
    finish: "stop",
    found: true,
    citations: cited.map(({ hit, quote }) => citation(hit, quote)),
    usage,
  };
}

async function readOwn(
  question: string,
  hits: readonly SearchHit[],
  asking: GroundedOptions,
): Promise<Part> {
  const outcome = await groundedAnswer(question, hits, asking);
  const { cost } = outcome;
  if (outcome.kind !== "answered")
    return { cited: [], isUnsound: outcome.kind === "unsupported", said: "", cost };
  const { answer, said, citations } = outcome;
  const cited = citations.flatMap(({ passage, quote }) => {
    const hit = hits[passage];
    return hit === undefined ? [] : [{ hit, quote }];
  });
  return { text: () => answer, cited, isUnsound: false, said, cost };
}

async function readOutside(
  question: string,
  hits: readonly SearchHit[],
  asking: RecurseOptions,
): Promise<Part> {
  const { statements, isUnsound, said, cost } = await quarantinedRead(question, hits, asking);
  const cited = statements.flatMap(({ source, quote }) => {
    const hit = hits[source];
    return hit === undefined ? [] : [{ hit, quote }];
  });
  const list = (from: number): string =>
    statements.map(({ text }, index) => `– ${text} [${from + index + 1}]`).join("\n");
  const text = (from: number): string => `${outsideSays[languageOf(question)]}\n${list(from)}`;
  return { ...(statements.length === 0 ? {} : { text }), cited, isUnsound, said, cost };
}

const outsideSays = {
  en: "Texts from outside say:",
  ru: "Тексты извне сообщают:",
} as const;

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
