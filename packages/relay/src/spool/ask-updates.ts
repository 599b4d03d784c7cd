import type { IncomingMessage } from "node:http";
import type { BotRequest } from "../bot/bot-api.ts";
import { isWhole, jsonOf, memberOf } from "../json-value.ts";
import type { Polled, PolledUpdate, SpoolerOptions } from "./spooler.ts";

/** How long the server holds a question that has no answer yet. */
const pollSeconds = 40;
/** A longer answer is not taken: the relay would not have the memory. */
export const updatesBytesMax = 8 * 1024 * 1024;
/** A wrong token, or another poller, does not pass within a second. */
const refusedWaitMs = 10_000;
const retryMsMax = 3_600_000;

/** Asks Telegram for updates of the kinds that the node has last asked for: the server keeps those. */
export function askUpdates(api: {
  ask(wanted: BotRequest, signal: AbortSignal): Promise<IncomingMessage>;
}): SpoolerOptions["poll"] {
  return async ({ offset, limit, isQuick }, signal) => {
    const question = { offset, limit, timeout: isQuick ? 0 : pollSeconds };
    const body = Buffer.from(JSON.stringify(question));
    const contentType = "application/json";
    try {
      const answer = await api.ask(
        { kind: "method", name: "getUpdates", contentType, body },
        signal,
      );
      return polledOf(await bodyOf(answer));
    } catch {
      // Whatever it was, the question may be put again; when the signal has aborted, nobody puts it.
      signal.throwIfAborted();
      return { kind: "failed", afterMs: 0 };
    }
  };
}

async function bodyOf(answer: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > updatesBytesMax) throw new RangeError("the answer is too long");
    chunks.push(chunk);
  }
  return jsonOf(Buffer.concat(chunks).toString());
}

function polledOf(answer: unknown): Polled {
  const updates: unknown = memberOf(answer, "result");
  if (Array.isArray(updates)) {
    const list: readonly unknown[] = updates;
    if (list.every(isUpdate)) return { kind: "updates", updates: list };
  }
  const seconds = memberOf(memberOf(answer, "parameters"), "retry_after");
  const askedMs = isWhole(seconds) ? seconds * 1_000 : 0;
  return { kind: "failed", afterMs: Math.min(Math.max(refusedWaitMs, askedMs), retryMsMax) };
}

const isUpdate = (value: unknown): value is PolledUpdate => isWhole(memberOf(value, "update_id"));
