import { type Bilingual, type MessageAnswer, problem } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import type { StreamSink } from "../../ports/http.ts";
import { problemWords } from "../problem-words.ts";
import type { LiveRun, RunEnd } from "../live-run.ts";

/**
 * A turn that fails early is answered with the status of its problem, on which clients decide whether to try again. So a
 * stream begins with the first piece of the answer, or after this time: a long prompt is silent for minutes, and clients
 * do not wait so long for a head.
 */
const streamHeadMsMax = 5_000;

/** Waits for the first piece of an answer. The end is answered when the run ended before it. */
export async function beginning(run: LiveRun): Promise<RunEnd | undefined> {
  if (run.text !== "") return undefined;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, streamHeadMsMax, undefined);
  const unwatch = run.watch(({ event }) => {
    if (event === "delta") resolve(undefined);
  });
  try {
    return await Promise.race([run.end, promise]);
  } finally {
    clearTimeout(timer);
    unwatch();
  }
}

/**
 * Hands the text of an answer on while it grows, and resolves with the answer once it is on disk; with nothing when the
 * client is gone. Throws `ProblemError`: the run's own, or `backend_unavailable` when what was handed on does not hold
 * any more, because these streams have no word for taking something back.
 */
export async function watchAnswer(
  run: LiveRun,
  sink: StreamSink,
  {
    language,
    onText,
  }: { readonly language: keyof Bilingual; readonly onText: (text: string) => void },
): Promise<MessageAnswer | undefined> {
  let shown = "";
  const show = (text: string): void => {
    shown += text;
    if (text !== "") onText(text);
  };
  const { promise: over, resolve } = Promise.withResolvers<"gone" | "taken_back">();
  const onGone = (): void => resolve("gone");
  sink.signal.addEventListener("abort", onGone, { once: true });
  if (sink.signal.aborted) onGone();
  show(run.text);
  const unwatch = run.watch(({ event, data }) => {
    if (event === "restart" && shown !== "") {
      unwatch();
      resolve("taken_back");
    }
    if (event === "delta") show(data.text);
  });
  try {
    const end = run.finished ?? (await Promise.race([run.end, over]));
    if (end === "gone") return undefined;
    if (end === "taken_back") {
      const detail = problemWords.answerTakenBack[language];
      throw new ProblemError(problem("backend_unavailable", { detail }));
    }
    if (end.kind === "failed") throw new ProblemError(end.problem);
    const { text } = end.answer;
    if (text.startsWith(shown)) show(text.slice(shown.length));
    return end.answer;
  } finally {
    unwatch();
    sink.signal.removeEventListener("abort", onGone);
  }
}
