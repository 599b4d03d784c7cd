import type { Clock } from "@adyton/runtime/clock";
import type { StreamCollector } from "./stream-collector.ts";
import type { Response } from "./wire-client.ts";

export interface StreamReading {
  readonly response: Response;
  readonly collector: StreamCollector;
  readonly clock: Clock;
  readonly streamEndMsMax: number;
  readonly onBytes: () => void;
}

/**
 * Feeds a response to its collector until the answer is complete, broken, or the connection ends: `whole` when it ended
 * properly, `broken` when not. A broken or full one is closed at once. A complete answer is given at once, while the connection's remaining bytes are drained
 * so that it can be kept; a server that then does not end within `streamEndMsMax` is cut off. Rejects with what the
 * collector throws.
 */
export function readStream(reading: StreamReading): Promise<"whole" | "broken"> {
  const { response, collector, clock, streamEndMsMax, onBytes } = reading;
  const { promise, resolve, reject } = Promise.withResolvers<"whole" | "broken">();
  let endTimer: Disposable | undefined;
  response.read({
    onData: (bytes) => {
      onBytes();
      try {
        const state = collector.feed(bytes);
        if (state === "broken" || state === "full") response.close();
        if (state === "announced" || state === "done")
          endTimer ??= clock.setTimer(streamEndMsMax, () => response.close());
        if (state === "done") resolve("whole");
      } catch (error) {
        reject(error instanceof Error ? error : new Error("the listener failed"));
        response.close();
      }
    },
    onEnd: (isWhole) => {
      endTimer?.[Symbol.dispose]();
      resolve(isWhole ? "whole" : "broken");
    },
  });
  return promise;
}
