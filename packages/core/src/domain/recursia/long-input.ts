import * as z from "zod";
import type { Language } from "../search/terms.ts";
import type { StopReason } from "./asking.ts";
import { jsonIn, prompts, schemas } from "./prompts.ts";
import type { RunBudget } from "./run-budget.ts";

/** Of the window that question and answer may fill: an input above this share is read in parts, each of a quarter. */
export const longShare = 0.5;
const chunkShare = 0.25;
const overlapShare = 0.1;
/** Parts an input is read in; a longer one is read in larger parts. */
export const chunksMax = 24;
/** Characters of the paragraph that is taken for the task. */
const taskCharsMax = 600;

const Notes = z.object({ notes: z.array(z.string()) });

export interface Digest {
  readonly kind: "digest";
  /** The task with the notes in place of the text. */
  readonly question: string;
}

/**
 * Reads a long input part by part, each once, and answers from the notes: fixed map and reduce at depth 1. Deeper
 * recursion cost a hundred times the time and lost accuracy in a reproduction (arXiv 2603.02615).
 */
export async function digestInput(
  input: string,
  options: {
    readonly budget: RunBudget;
    readonly language: Language;
    readonly windowTokens: number;
  },
): Promise<Digest | { readonly kind: "stopped"; readonly reason: StopReason }> {
  const { budget, language, windowTokens } = options;
  const task = taskOf(input, language);
  const chunks = split(input, budget.count(input), windowTokens);
  budget.extend(chunks.length, 2 * budget.count(input) + chunks.length * budget.count(task));
  const notes: string[] = [];
  for (const [index, chunk] of chunks.entries()) {
    const asked = await budget.ask({
      purpose: "map",
      about: "alone",
      messages: [{ role: "user", content: prompts.map[language](task, chunk) }],
      temperature: 0.2,
      schema: schemas.notes,
      byVerifier: false,
    });
    if (asked.kind === "stopped") return asked;
    const parsed = Notes.safeParse(jsonIn(asked.text));
    const found = parsed.success ? parsed.data.notes : [asked.text];
    for (const note of found) if (note.trim() !== "") notes.push(`[${index + 1}] ${note.trim()}`);
    budget.step({
      kind: "map",
      verdict: found.length > 0 ? "made" : "not_found",
      textOut: found.join("\n"),
      ...asked.figures,
    });
  }
  const question = prompts.reduce[language](task, fitted(notes, budget, windowTokens));
  budget.step({ kind: "reduce", verdict: "made", textOut: question });
  return { kind: "digest", question };
}

/** What is asked for: the last paragraph or the first, whichever asks; the text itself where neither does. */
export function taskOf(input: string, language: Language): string {
  const paragraphs = input
    .split(/\n\s*\n/u)
    .map((text) => text.trim())
    .filter((text) => text !== "");
  const [first, last] = [short(paragraphs[0]), short(paragraphs.at(-1))];
  const asking = [last, first].find((text) => /[?？:]\s*$/u.test(text));
  if (asking !== undefined) return asking;
  if (first !== "" && paragraphs.length > 1) return first;
  return { en: "Say what this text says.", ru: "Скажи, о чём этот текст." }[language];
}

const short = (text = ""): string => (text.length <= taskCharsMax ? text : "");

/** Parts of about a quarter of the window that overlap by a tenth, cut at the end of a line or a word. */
export function split(input: string, tokens: number, windowTokens: number): string[] {
  const wanted = Math.ceil(tokens / (windowTokens * chunkShare * (1 - overlapShare)));
  const count = Math.max(1, Math.min(chunksMax, wanted));
  const step = Math.ceil(input.length / count);
  const overlap = Math.ceil((step * overlapShare) / (1 - overlapShare));
  const chunks: string[] = [];
  for (let from = 0; from < input.length; from += step) {
    const start = from === 0 ? 0 : boundary(input, Math.max(0, from - overlap));
    chunks.push(input.slice(start, boundary(input, Math.min(input.length, from + step))));
  }
  return chunks;
}

/** The next white space, within reach. */
function boundary(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const next = text.slice(at, at + 80).search(/\s/u);
  return next === -1 ? at : at + next;
}

/** The notes that fit beside an answer, the longest dropped first. */
function fitted(notes: readonly string[], budget: RunBudget, windowTokens: number): string {
  let kept = [...notes];
  while (kept.length > 1 && budget.count(kept.join("\n")) > windowTokens * longShare) {
    const longest = kept.reduce((most, note) => (note.length > most.length ? note : most), "");
    kept = kept.filter((note) => note !== longest);
  }
  return kept.join("\n");
}
