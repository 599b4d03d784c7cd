import type { Run, RunStreamEvent } from "@adyton/protocol";
import type { StreamSink } from "../../ports/http.ts";
import { LiveRun } from "../live-run.ts";

/**
 * Writes a run's progress to a stream. An event's id is the number of characters of the answer sent so far, so a
 * client that comes back with `Last-Event-ID` misses nothing and sees nothing twice, without anything being stored.
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
  const { promise: gone, resolve: onGone } = Promise.withResolvers<void>();
  sink.signal.addEventListener("abort", () => onGone(), { once: true });
  const tell = ({ event, data }: RunStreamEvent, length: number): void => {
    sink.send({ id: length, event, data });
  };
  const unwatch = run.watch(tell);
  try {
    if (run.state === "waiting") {
      tell(
        {
          event: "queued",
          data: { run: run.id, conversation: run.submission.conversation, ahead: run.ahead },
        },
        0,
      );
    } else {
      tell(
        { event: "started", data: { run: run.id, mode: run.mode } },
        Math.min(fromChar, run.text.length),
      );
      const missed = run.text.slice(fromChar);
      if (missed !== "") tell({ event: "delta", data: { text: missed } }, run.text.length);
    }
    if (run.finished !== undefined) {
      const end = run.finished;
      tell(
        end.kind === "answered"
          ? { event: "answer", data: end.answer }
          : { event: "problem", data: end.problem },
        run.text.length,
      );
      return;
    }
    await Promise.race([run.end, gone]);
  } finally {
    unwatch();
  }
}

function tellEnded(sink: StreamSink, run: Run, fromChar: number): void {
  if (run.problem !== undefined) sink.send({ event: "problem", data: run.problem });
  if (run.answer === undefined) return;
  const { text } = run.answer;
  const missed = text.slice(fromChar);
  if (missed !== "") sink.send({ id: text.length, event: "delta", data: { text: missed } });
  sink.send({ id: text.length, event: "answer", data: run.answer });
}
