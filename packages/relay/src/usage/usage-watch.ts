import type { BotRequest } from "../bot/bot-api.ts";
import { isWhole, jsonOf, memberOf } from "../json-value.ts";
import type { UsageCount } from "./usage-count.ts";

/** Of a longer answer nothing is counted. */
const updatesBytesMax = 8 * 1024 * 1024;
/** Where a form says which chat it is for. */
const formHeadBytesMax = 4_096;

/** Looks at the calls that pass, for the count alone: keeps no word of them. */
export class UsageWatch {
  readonly #count: UsageCount;

  constructor(count: UsageCount) {
    this.#count = count;
  }

  /** What the node says in a chat. A sign that it writes is no word. */
  asked(wanted: BotRequest): void {
    if (wanted.kind !== "method" || !/^(?:send(?!ChatAction)|edit)/.test(wanted.name)) return;
    const chat = chatOf(wanted.body, wanted.contentType);
    if (isWhole(chat)) this.#count.said(chat);
  }

  /** The chunks as they are; of an answer with updates the count is told. */
  answered(wanted: BotRequest, chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    const hasUpdates = wanted.kind === "method" && wanted.name === "getUpdates";
    return hasUpdates ? this.#withUpdates(chunks) : chunks;
  }

  async *#withUpdates(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    const seen: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes <= updatesBytesMax) seen.push(chunk);
      yield chunk;
    }
    if (bytes > updatesBytesMax) return;
    const updates = memberOf(jsonOf(Buffer.concat(seen).toString()), "result");
    if (Array.isArray(updates)) this.#count.delivered(updates);
  }
}

function chatOf(body: Buffer, contentType: string): number {
  if (contentType.startsWith("application/json"))
    return Number(memberOf(jsonOf(body.toString()), "chat_id"));
  const head = body.toString("latin1", 0, formHeadBytesMax);
  return Number(/name="chat_id"\r\n\r\n(-?\d+)\r\n/.exec(head)?.[1]);
}
