import { type Bilingual, type FoldGroupArgs, type FoldGroups, problem } from "@adyton/protocol";
import type { NewRecord } from "../../domain/journal/record.ts";
import { ProblemError } from "../../domain/problem-error.ts";
import type { Execution, Outcome } from "../conversation-commands.ts";
import { rememberedAs } from "./choose-log.ts";
import { ClusterMemory, type ClusterMemoryOptions } from "./cluster-memory.ts";
import { foldProblems } from "./fold-problems.ts";

interface Options extends ClusterMemoryOptions {
  readonly language: keyof Bilingual;
  readonly now: () => number;
}

/**
 * Has clusters of a log count as one from now on, or takes one apart. The decision stays when the clusters' texts change.
 * Throws `ProblemError`: `not_found` for a fingerprint that was not seen in this log, `invalid_body` for one that begins
 * several, or for fewer than two to merge.
 */
export async function foldGroup(
  options: Options,
  args: FoldGroupArgs,
  at: Execution,
): Promise<Outcome> {
  const { language } = options;
  const { source, isHandedIn, merge, split } = withInput(args);
  const memory = new ClusterMemory(options, {
    person: at.principal.person,
    source: rememberedAs(source, isHandedIn),
    atMs: options.now(),
  });
  const known = (await memory.remembered()).map(({ fingerprint }) => fingerprint);
  const wanted = split === undefined ? merge : [split];
  if (wanted.length < (split === undefined ? 2 : 1))
    throw new ProblemError(problem("invalid_body", { detail: foldProblems.fewToMerge[language] }));
  const fingerprints = wanted.map((start) => whole(start, known, language));
  const kind = split === undefined ? "merge" : "split";
  const record: NewRecord = {
    ...at.context,
    class: "record",
    origin: "node",
    type: "fold.regrouped",
    facts: { scope: memory.scope, kind, keys: fingerprints.map((each) => memory.key(each)) },
  };
  const data: FoldGroups = { kind, fingerprints };
  return { text: words[kind](fingerprints)[language], data, effects: [record] };
}

const words = {
  merge: ([head = "", ...others]: readonly string[]): Bilingual => ({
    en: `From the next fold on, as ${shown(head)} count: ${others.map(shown).join(", ")}.`,
    ru: `Со следующей свёртки ${others.map(shown).join(", ")} ${others.length === 1 ? "считается" : "считаются"} вместе с ${shown(head)}.`,
  }),
  split: ([only = ""]: readonly string[]): Bilingual => ({
    en: `From the next fold on, ${shown(only)} is taken apart.`,
    ru: `Со следующей свёртки группа ${shown(only)} разбирается.`,
  }),
};

/** As much of a fingerprint as a person needs. */
const shownChars = "fold1:".length + 12;
function shown(fingerprint: string): string {
  return fingerprint.slice(0, shownChars);
}

/** In a message: the source, if it is not the node's own log; `split`; fingerprints. */
function withInput({ input, source, merge = [], split, lines = false }: FoldGroupArgs) {
  if (input === undefined) return { source, isHandedIn: lines, merge, split };
  const said = input.trim().split(/\s+/);
  const fingerprints = said.filter((word) => word.startsWith("fold1:"));
  const isSplit = said.some((word) => word.toLowerCase() === "split");
  const name = said.find((word) => !word.startsWith("fold1:") && word.toLowerCase() !== "split");
  return {
    source: source ?? name?.toLowerCase(),
    isHandedIn: lines,
    merge: isSplit ? merge : [...merge, ...fingerprints],
    split: isSplit ? fingerprints[0] : split,
  };
}

/** The fingerprint that begins so. */
function whole(start: string, known: readonly string[], language: keyof Bilingual): string {
  const found = known.filter((fingerprint) => fingerprint.startsWith(start));
  const [only] = found;
  if (only === undefined)
    throw new ProblemError(
      problem("not_found", { detail: foldProblems.noSuchCluster(start)[language] }),
    );
  if (found.length > 1 && only !== start)
    throw new ProblemError(
      problem("invalid_body", { detail: foldProblems.manyClusters(start)[language] }),
    );
  return only;
}
