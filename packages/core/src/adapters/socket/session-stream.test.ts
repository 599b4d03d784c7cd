import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, it } from "node:test";
import { SessionStream } from "./session-stream.ts";

/** A stream of a client that acknowledges, with room for one record. */
function streamFor(signal: AbortSignal): SessionStream {
  const nothing = (): void => undefined;
  const takesAll = { waitingBytes: 0, takenBytes: 0, drained: () => Promise.resolve() };
  const wire = { ...takesAll, send: nothing, answered: nothing, close: nothing };
  const send = (): boolean => true;
  const stream = new SessionStream({ id: "s", signal, send, wire, unackedRecordsMax: 1 });
  stream.acknowledge(0);
  return stream;
}

describe("a session's stream", () => {
  it("keeps nothing of the acknowledgements it waited for", async () => {
    const { signal } = new AbortController();
    const stream = streamFor(signal);
    for (let seq = 1; seq <= 100; seq++) {
      stream.send({ id: seq, data: {} });
      const drained = stream.drained();
      stream.acknowledge(seq);
      await drained;
    }
    assert.equal(getEventListeners(signal, "abort").length, 1);
  });

  it("waits no longer once it is ended", async () => {
    const abort = new AbortController();
    const stream = streamFor(abort.signal);
    stream.send({ id: 1, data: {} });
    const drained = stream.drained();
    abort.abort();
    await drained;
  });
});
