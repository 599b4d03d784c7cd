import type { IncomingMessage } from "node:http";
import type { Clock } from "@adyton/runtime/clock";
import type { StreamCollector } from "./stream-collector.ts";

export interface StreamReading {
  readonly response: IncomingMessage;
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
  const expectEnd = (): void => {
    endTimer ??= clock.setTimer(streamEndMsMax, () => response.destroy());
  };
  response.on("data", (bytes: Buffer) => {
    onBytes();
    try {
      const state = collector.feed(bytes);
      if (state === "broken" || state === "full") response.destroy();
      if (state === "announced" || state === "done") expectEnd();
      if (state === "done") resolve("whole");
    } catch (error) {
      reject(error instanceof Error ? error : new Error("the listener failed"));
      response.destroy();
    }
  });
  response.once("end", () => resolve("whole"));
  response.on("error", () => resolve("broken"));
  response.once("close", () => {
    endTimer?.[Symbol.dispose]();
    resolve("broken");
  });
  return promise;
}
