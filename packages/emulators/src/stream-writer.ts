import { once } from "node:events";
import type { ServerResponse } from "node:http";

import { breakConnection } from "./exchange.ts";
import type { Fault } from "./fault.ts";
import { damaged, writeSplit } from "./http-answer.ts";
import { wait, type Pacing } from "./pacing.ts";
import type { WireEvent } from "./wire-event.ts";

/** Sends server-sent events at the given pace, damaged as the fault says; returns early when the client goes away. */
export async function sendEvents(
  response: ServerResponse,
  events: Iterable<WireEvent>,
  pace: Pacing,
  fault: Fault | null,
  signal: AbortSignal,
): Promise<void> {
  if (fault?.kind === "invalid_json") {
    response.writeHead(200, { "content-type": "application/json" });
    response.end('{"choices":[{"delta":');
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.flushHeaders();
  let tokens = 0;
  for (const event of events) {
    if (event.kind === "closing" && fault?.kind === "early_end") break;
    if (event.kind === "token") {
      const delayMs = tokens === 0 ? pace.firstTokenDelayMs + pace.tokenDelayMs : pace.tokenDelayMs;
      if (!(await wait(delayMs, signal))) return;
    }
    if (fault !== null && "afterTokens" in fault && reaches(event, tokens, fault.afterTokens)) {
      if (fault.kind === "cut_stream") return cut(response);
      if (fault.kind === "early_end") break;
      if (fault.kind === "invalid_chunk" && event.kind === "token")
        response.write('data: {"choices":[{"index":0,"delta":{"content":"bro\n\n');
      if (fault.kind === "duplicate_chunk" && event.kind === "token")
        response.write(eventText(event));
    }
    if (event.kind === "token") tokens += 1;
    if (!(await writeEvent(response, event, fault, signal))) return;
  }
  response.end();
}

// A fault "after k tokens" strikes before token k + 1, or before the closing events when there are just k.
function reaches(event: WireEvent, tokens: number, afterTokens: number): boolean {
  return event.kind === "opening"
    ? false
    : tokens === afterTokens || (event.kind === "closing" && tokens < afterTokens);
}

// What was written must leave before the connection breaks, otherwise the client would miss tokens the fault promised.
function cut(response: ServerResponse): void {
  response.write(": cut\n\n", () => breakConnection(response));
}

async function writeEvent(
  response: ServerResponse,
  event: WireEvent,
  fault: Fault | null,
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted) return false;
  const bytes = damaged(eventText(event), event.kind === "token" ? fault : null);
  if (fault?.kind === "split_utf8") return writeSplit(response, bytes, signal);
  if (response.write(bytes)) return true;
  try {
    // A slow reader holds the generator back, so an answer never piles up in memory.
    await once(response, "drain", { signal });
    return true;
  } catch {
    // The only way to fail is that the client has gone.
    return false;
  }
}

function eventText(event: WireEvent): string {
  return event.name === undefined
    ? `data: ${event.data}\n\n`
    : `event: ${event.name}\ndata: ${event.data}\n\n`;
}
