import type { Bilingual, MessageRequest } from "@adyton/protocol";
import * as z from "zod";
import type { Principal, Reply } from "../../ports/http.ts";
import type { Buttons } from "../../ports/channel.ts";
import type { OperationRequest } from "../../ports/operations.ts";
import { Answer, remarkOn } from "./answer-end.ts";
import { channelWords } from "./channel-words.ts";
import type { Content } from "./message-content.ts";
import { problemInWords } from "./problem-in-words.ts";

/** Has the node do something in a principal's name. */
export type Perform = (
  principal: Principal,
  request: Pick<OperationRequest, "route"> & Partial<OperationRequest>,
) => Promise<Reply>;

/** What is owed for a message: a run's end, or a text. `later`: what stands in its way will pass. */
export type Asked =
  | { readonly kind: "run"; readonly run: string }
  | {
      readonly kind: "text";
      readonly text: string;
      /** Of a command that was asked for. */
      readonly data?: unknown;
      readonly buttons?: Buttons;
    }
  | { readonly kind: "later" };

const RunId = z.object({ id: z.string() });

/** Codes of what passes by itself: the update stays with Telegram and comes again. */
const passing = new Set(["storage_full", "storage_failed", "stopping"]);

/** Puts a message to the node, once for each key. */
export async function askNode(
  perform: Perform,
  principal: Principal,
  {
    key,
    body,
    language,
  }: {
    readonly key: string;
    readonly body: MessageRequest;
    readonly language: keyof Bilingual;
  },
): Promise<Asked> {
  const reply = await perform(principal, {
    route: "sendMessage",
    body,
    idempotencyKey: key,
    preferAsyncAfterMs: 0,
  });
  if (reply.kind === "problem") {
    if (passing.has(reply.problem.code)) return { kind: "later" };
    return { kind: "text", text: problemInWords(reply.problem, language) };
  }
  if (reply.kind !== "json") throw new Error("a message was answered with a stream");
  if (reply.status === 202) return { kind: "run", run: RunId.parse(reply.body).id };
  const { text, finish, ...more } = Answer.parse(reply.body);
  // An answer that was there when its message came again.
  const remark = remarkOn(finish, language);
  return { kind: "text", text: remark === undefined ? text : `${text}\n\n${remark}`, ...more };
}

/** A message in the node's own form. What has no words of the sender's is asked about. */
export function questionOf(
  { text, quote, texts }: Content,
  { conversation, language }: { readonly conversation: string; readonly language: keyof Bilingual },
): MessageRequest {
  return {
    text: text === "" ? channelWords.askAbout[language] : text,
    conversation,
    ...(quote === undefined ? {} : { quote }),
    ...(texts.length === 0
      ? {}
      : { attachments: texts.map((each) => ({ kind: "text" as const, ...each })) }),
  };
}
