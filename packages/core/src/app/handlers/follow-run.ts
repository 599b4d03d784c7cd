import type { Run, RunStreamEvent, TraceStep } from "@adyton/protocol";
import type { StreamSink } from "../../ports/http.ts";
import { LiveRun, placeOf, type RunEnd, sentChars } from "../live-run.ts";

/** A run that is over, with the steps the journal has of it. */
type EndedRun = Run & { readonly steps?: readonly TraceStep[] };

/**
 * Writes a run's progress to a stream. An event's id says how much of the answer was sent (`placeOf`), so a client that
 * comes back with `Last-Event-ID` misses nothing and sees nothing twice, without anything being stored. What it has of
 * an answer that was taken back, it is told to forget. An id within a surrogate pair, which no event has, begins with
 * the whole character. Steps are few and come whole each time: they have numbers of their own.
 */
export async function followRun(
  sink: StreamSink,
  run: LiveRun | EndedRun,
  from: number,
): Promise<void> {
  if (run instanceof LiveRun) await followLive(sink, run, from);
  else tellEnded(sink, run, from);
  await sink.drained();
}

async function followLive(sink: StreamSink, run: LiveRun, from: number): Promise<void> {
  const tell = ({ event, data }: RunStreamEvent, at: number): void => {
    sink.send({ id: at, event, data });
  };
  const { id, mode, text, restarts, finished } = run;
  const fromChar = sentChars(from, restarts);
  const end = placeOf(restarts, text.length);
  if (run.state === "waiting") {
    const { conversation } = run.submission;
    tell({ event: "queued", data: { run: id, conversation, ahead: run.ahead } }, 0);
  } else {
    const at = placeOf(restarts, Math.min(fromChar, text.length));
    tell({ event: "started", data: { run: id, mode } }, at);
    if (isTakenBack(from, restarts)) tell({ event: "restart", data: { run: id } }, at);
    for (const step of run.steps) tell({ event: "trace", data: step }, at);
    const missed = textFrom(text, fromChar);
    if (missed !== "") tell({ event: "delta", data: { text: missed } }, end);
  }
  if (finished !== undefined) return tell(endEvent(finished), end);
  // Nothing happens between the state told above and the first event watched.
  const unwatch = run.watch(tell);
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const onGone = (): void => resolve();
  sink.signal.addEventListener("abort", onGone, { once: true });
  if (sink.signal.aborted) onGone();
  try {
    await Promise.race([run.end, gone]);
  } finally {
    unwatch();
    sink.signal.removeEventListener("abort", onGone);
  }
}

function tellEnded(sink: StreamSink, run: EndedRun, from: number): void {
  for (const step of run.steps ?? []) sink.send({ id: from, event: "trace", data: step });
  if (run.problem !== undefined) sink.send({ event: "problem", data: run.problem });
  if (run.answer === undefined) return;
  const { text, restarts = 0 } = run.answer;
  const end = placeOf(restarts, text.length);
  const begin = placeOf(restarts, 0);
  if (isTakenBack(from, restarts))
    sink.send({ id: begin, event: "restart", data: { run: run.id } });
  const missed = textFrom(text, sentChars(from, restarts));
  if (missed !== "") sink.send({ id: end, event: "delta", data: { text: missed } });
  sink.send({ id: end, event: "answer", data: run.answer });
}

/** Whether the client has part of an answer that does not hold any more. */
function isTakenBack(from: number, restarts: number): boolean {
  return from > 0 && from < placeOf(restarts, 0);
}

function endEvent(end: RunEnd): RunStreamEvent {
  return end.kind === "answered"
    ? { event: "answer", data: end.answer }
    : { event: "problem", data: end.problem };
}

function textFrom(text: string, fromChar: number): string {
  const isWithinPair = /^[\uDC00-\uDFFF]/.test(text.slice(fromChar, fromChar + 1));
  return text.slice(isWithinPair && fromChar > 0 ? fromChar - 1 : fromChar);
}
