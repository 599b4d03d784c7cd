import type { Run, RunStreamEvent } from "@adyton/protocol";
import type { StreamSink } from "../../ports/http.ts";
import { LiveRun, type RunEnd } from "../live-run.ts";

/**
 * Writes a run's progress to a stream. An event's id is the length of the answer sent so far, in UTF-16 units, so a
 * client that comes back with `Last-Event-ID` misses nothing and sees nothing twice, without anything being stored. An
 * id within a surrogate pair, which no event has, begins with the whole character.
 */
export async function followRun(
  sink: StreamSink,
  run: LiveRun | Run,
  fromChar: number,
): Promise<void> {
  if (run instanceof LiveRun) await followLive(sink, run, fromChar);
  else tellEnded(sink, run, fromChar);
  await sink.drained();
}

async function followLive(sink: StreamSink, run: LiveRun, fromChar: number): Promise<void> {
  const tell = ({ event, data }: RunStreamEvent, length: number): void => {
    sink.send({ id: length, event, data });
  };
  const { id, mode, text, finished } = run;
  if (run.state === "waiting") {
    const { conversation } = run.submission;
    tell({ event: "queued", data: { run: id, conversation, ahead: run.ahead } }, 0);
  } else {
    tell({ event: "started", data: { run: id, mode } }, Math.min(fromChar, text.length));
    const missed = textFrom(text, fromChar);
    if (missed !== "") tell({ event: "delta", data: { text: missed } }, text.length);
  }
  if (finished !== undefined) return tell(endEvent(finished), text.length);
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

function tellEnded(sink: StreamSink, run: Run, fromChar: number): void {
  if (run.problem !== undefined) sink.send({ event: "problem", data: run.problem });
  if (run.answer === undefined) return;
  const { text } = run.answer;
  const missed = textFrom(text, fromChar);
  if (missed !== "") sink.send({ id: text.length, event: "delta", data: { text: missed } });
  sink.send({ id: text.length, event: "answer", data: run.answer });
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
