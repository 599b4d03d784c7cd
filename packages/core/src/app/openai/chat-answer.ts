import type {
  ChatCompletion,
  ChatCompletionChunk,
  MessageAnswer,
  TokenUsage,
  TurnReference,
} from "@adyton/protocol";
import type { StreamSink } from "../../ports/http.ts";
import { timeOfRun } from "../identifiers.ts";

type Finish = ChatCompletion["choices"][number]["finish_reason"];

/** An answer as a chat completion. `model` is the name that was asked for. */
export function chatCompletion(answer: MessageAnswer, model: string): ChatCompletion {
  const { id, text } = answer;
  const calls = callsOf(answer);
  return {
    ...headOf(id, model),
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: text === "" && calls.length > 0 ? null : text,
          refusal: null,
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
        logprobs: null,
        finish_reason: finishOf(answer),
      },
    ],
    usage: usageOf(answer.usage),
    adyton: referenceOf(answer),
  };
}

/** Writes an answer as chunks: the role, the text piece by piece, the calls, the end, and the usage when it was asked for. */
export class ChunkWriter {
  readonly #sink: StreamSink;
  readonly #head: ReturnType<typeof headOf>;
  readonly #includesUsage: boolean;

  constructor(
    sink: StreamSink,
    { run, model, includesUsage }: { run: string; model: string; includesUsage: boolean },
  ) {
    this.#sink = sink;
    this.#head = headOf(run, model);
    this.#includesUsage = includesUsage;
  }

  begin(): void {
    this.#send({ role: "assistant", content: "" });
  }

  text(content: string): void {
    this.#send({ content });
  }

  end(answer: MessageAnswer): void {
    for (const [index, call] of callsOf(answer).entries())
      this.#send({ tool_calls: [{ index, ...call }] });
    this.#send(
      {},
      finishOf(answer),
      answer.taint === undefined ? {} : { adyton: referenceOf(answer) },
    );
    if (!this.#includesUsage) return;
    this.#chunk({ choices: [], usage: usageOf(answer.usage) });
  }

  #send(
    delta: ChatCompletionChunk["choices"][number]["delta"],
    finish_reason: Finish | null = null,
    more: Pick<ChatCompletionChunk, "adyton"> = {},
  ): void {
    this.#chunk({
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      ...(this.#includesUsage ? { usage: null } : {}),
      ...more,
    });
  }

  #chunk(rest: Pick<ChatCompletionChunk, "choices" | "usage" | "adyton">): void {
    const data: ChatCompletionChunk = { ...this.#head, object: "chat.completion.chunk", ...rest };
    this.#sink.send({ data });
  }
}

function referenceOf({ id, conversation, mode, taint }: MessageAnswer): TurnReference {
  return { run: id, conversation, mode, ...(taint === undefined ? {} : { taint }) };
}

function headOf(run: string, model: string) {
  const id = run.replace(/^run_/, "chatcmpl-");
  return { id, created: Math.floor(timeOfRun(run) / 1_000), model };
}

function callsOf({ toolCalls = [] }: MessageAnswer) {
  return toolCalls.map(({ id, name, arguments: text }) => ({
    id,
    type: "function" as const,
    function: { name, arguments: text },
  }));
}

/** OpenAI has no word for an answer that broke off; `length` says too that more was to come. */
function finishOf({ finish }: MessageAnswer): Finish {
  return finish === "cut" ? "length" : finish;
}

function usageOf(usage: TokenUsage | undefined): ChatCompletion["usage"] {
  const { promptTokens = 0, completionTokens = 0 } = usage ?? {};
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
