import { storedInputBytesMax } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import type { CallOf, Reply } from "../../ports/http.ts";
import { replayedHeader } from "../idempotency.ts";
import { lastWords } from "../openai/chat-context.ts";
import { conversationOf } from "../openai/conversation-name.ts";
import { type ResponseFrame, responseOf, ResponseWriter } from "../openai/response-answer.ts";
import type { ResponseChain } from "../openai/response-chain.ts";
import { inputMessages, responseContext } from "../openai/response-context.ts";
import { beginning, watchAnswer } from "../openai/watched-answer.ts";
import type { CompletionsOptions } from "./chat-completions.ts";

export interface ResponsesOptions extends CompletionsOptions {
  readonly chain: ResponseChain;
}

/** A response: a turn with the client's own context, which may begin with an earlier response's. */
export async function createResponse(
  { keyed, names, chain, language }: ResponsesOptions,
  call: CallOf<"createResponse">,
): Promise<Reply> {
  const { body: request, principal } = call;
  const target = await names.targetOf(request.model, principal);
  const { previous_response_id: previous } = request;
  const continued = previous == null ? undefined : chain.upTo(previous, principal);
  const input = inputMessages(request);
  const isStored =
    request.store !== false && Buffer.byteLength(JSON.stringify(input)) <= storedInputBytesMax;
  const context = responseContext(request, input, { continued, isStored });
  const isStream = request.stream === true;
  const turn = await keyed.admit(call, {
    conversation: continued?.conversation ?? conversationOf(request),
    text: lastWords(input),
    ...target,
    context,
    detached: false,
    watched: isStream,
  });
  if (turn.kind === "replayed") {
    const { answer } = turn;
    const frame = { ...answer, run: answer.id, request, isStored };
    if (!isStream)
      return { kind: "json", body: responseOf(frame, answer), headers: replayedHeader };
    return {
      kind: "stream",
      headers: replayedHeader,
      write: async (sink) => {
        const writer = new ResponseWriter(sink, frame);
        writer.begin();
        writer.end(answer);
        await sink.drained();
      },
    };
  }
  const { run, leave } = turn;
  const { conversation } = run.submission;
  const frame: ResponseFrame = { request, run: run.id, conversation, mode: run.mode, isStored };
  if (call.signal.aborted) leave();
  else call.signal.addEventListener("abort", leave, { once: true });
  if (!isStream) {
    const end = await run.end;
    return end.kind === "failed"
      ? { kind: "problem", problem: end.problem }
      : { kind: "json", body: responseOf(frame, end.answer) };
  }
  const early = await beginning(run);
  if (early?.kind === "failed") return { kind: "problem", problem: early.problem };
  return {
    kind: "stream",
    write: async (sink) => {
      const writer = new ResponseWriter(sink, frame);
      writer.begin();
      const onText = (text: string): void => writer.text(text);
      try {
        const answer = await watchAnswer(run, sink, { language, onText });
        if (answer !== undefined) writer.end(answer);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        writer.fail(error.problem);
      } finally {
        // What nobody is shown any more need not be generated.
        leave();
      }
      await sink.drained();
    },
  };
}
