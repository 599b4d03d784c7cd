import type { Bilingual } from "@adyton/protocol";
import type { CallOf, Reply } from "../../ports/http.ts";
import { replayedHeader } from "../idempotency.ts";
import type { KeyedTurns } from "../keyed-turns.ts";
import { chatCompletion, ChunkWriter } from "../openai/chat-answer.ts";
import { chatContext, lastWords } from "../openai/chat-context.ts";
import { conversationOf } from "../openai/conversation-name.ts";
import type { ModelNames } from "../openai/model-names.ts";
import { beginning, watchAnswer } from "../openai/watched-answer.ts";

export interface CompletionsOptions {
  readonly keyed: KeyedTurns;
  readonly names: ModelNames;
  readonly language: keyof Bilingual;
}

/** A chat completion: a turn with the client's own context. */
export async function createChatCompletion(
  { keyed, names, language }: CompletionsOptions,
  call: CallOf<"createChatCompletion">,
): Promise<Reply> {
  const { body: request } = call;
  const { model } = request;
  const target = await names.targetOf(model, call.principal);
  const conversation = conversationOf(request);
  const context = chatContext(request);
  const isStream = request.stream === true;
  const includesUsage = request.stream_options?.include_usage === true;
  const turn = await keyed.admit(call, {
    conversation,
    text: lastWords(context.messages),
    ...target,
    context,
    detached: false,
    watched: isStream,
  });
  if (turn.kind === "replayed") {
    const { answer } = turn;
    if (!isStream)
      return { kind: "json", body: chatCompletion(answer, model), headers: replayedHeader };
    return {
      kind: "stream",
      headers: replayedHeader,
      write: async (sink) => {
        const writer = new ChunkWriter(sink, { run: answer.id, model, includesUsage });
        writer.begin();
        if (answer.text !== "") writer.text(answer.text);
        writer.end(answer);
        await sink.drained();
      },
    };
  }
  const { run, leave } = turn;
  if (call.signal.aborted) leave();
  else call.signal.addEventListener("abort", leave, { once: true });
  if (!isStream) {
    const end = await run.end;
    return end.kind === "failed"
      ? { kind: "problem", problem: end.problem }
      : { kind: "json", body: chatCompletion(end.answer, model) };
  }
  const early = await beginning(run);
  if (early?.kind === "failed") return { kind: "problem", problem: early.problem };
  return {
    kind: "stream",
    write: async (sink) => {
      const writer = new ChunkWriter(sink, { run: run.id, model, includesUsage });
      writer.begin();
      const onText = (text: string): void => writer.text(text);
      // What nobody is shown any more need not be generated.
      const answer = await watchAnswer(run, sink, { language, onText }).finally(leave);
      if (answer !== undefined) writer.end(answer);
      await sink.drained();
    },
  };
}
