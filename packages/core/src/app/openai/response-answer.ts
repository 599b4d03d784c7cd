import type {
  MessageAnswer,
  OpenAiResponse,
  Problem,
  ResponseOutputItem,
  ResponseRequest,
  ResponseStreamEvent,
} from "@adyton/protocol";
import type { StreamSink } from "../../ports/http.ts";
import { timeOfRun } from "../identifiers.ts";

/** What a response says of its request and its turn, whatever has come of it. */
export interface ResponseFrame {
  readonly request: ResponseRequest;
  readonly run: string;
  readonly conversation: string;
  readonly mode: string;
  readonly isStored: boolean;
}

type MessageItem = Extract<ResponseOutputItem, { type: "message" }>;
type TextPart = MessageItem["content"][number];
type Unnumbered = ResponseStreamEvent extends infer E
  ? E extends ResponseStreamEvent
    ? Omit<E, "sequence_number">
    : never
  : never;

/** A turn's answer as a response. */
export function responseOf(frame: ResponseFrame, answer: MessageAnswer): OpenAiResponse {
  const isWhole = answer.finish === "stop" || answer.finish === "tool_calls";
  const input_tokens = answer.usage?.promptTokens ?? 0;
  const output_tokens = answer.usage?.completionTokens ?? 0;
  const createdMs = timeOfRun(frame.run);
  const started = begun(frame);
  const { taint } = answer;
  return {
    ...started,
    ...(taint === undefined ? {} : { adyton: { ...started.adyton, taint } }),
    status: isWhole ? "completed" : "incomplete",
    completed_at: isWhole ? Math.floor((createdMs + answer.ms) / 1_000) : null,
    // OpenAI has no word for an answer that broke off.
    incomplete_details: isWhole ? null : { reason: "max_output_tokens" },
    output: [
      ...(answer.text === "" ? [] : [messageItem(frame, answer.text, "completed")]),
      ...callItems(frame, answer),
    ],
    usage: {
      input_tokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input_tokens + output_tokens,
    },
  };
}

/** A response that has only begun. */
function begun({ request, run, conversation, mode, isStored }: ResponseFrame): OpenAiResponse {
  return {
    id: run.replace(/^run_/, "resp_"),
    object: "response",
    created_at: Math.floor(timeOfRun(run) / 1_000),
    completed_at: null,
    status: "in_progress",
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    model: request.model,
    output: [],
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    store: isStored,
    temperature: request.temperature ?? null,
    top_p: request.top_p ?? null,
    text: request.text ?? { format: { type: "text" } },
    tool_choice: request.tool_choice ?? "auto",
    tools: request.tools ?? [],
    truncation: "disabled",
    metadata: request.metadata ?? {},
    usage: null,
    adyton: { run, conversation, mode },
  };
}

/**
 * Writes a response as its events: begun, then the message and its text piece by piece as soon as there is some, then
 * each call, then the whole.
 */
export class ResponseWriter {
  readonly #sink: StreamSink;
  readonly #frame: ResponseFrame;
  #sequence = 0;
  #isSpeaking = false;

  constructor(sink: StreamSink, frame: ResponseFrame) {
    this.#sink = sink;
    this.#frame = frame;
  }

  begin(): void {
    this.#send({ type: "response.created", response: begun(this.#frame) });
    this.#send({ type: "response.in_progress", response: begun(this.#frame) });
  }

  text(delta: string): void {
    const place = this.#messagePlace();
    if (!this.#isSpeaking) {
      this.#isSpeaking = true;
      const item = { ...messageItem(this.#frame, "", "in_progress"), content: [] };
      this.#send({ type: "response.output_item.added", output_index: 0, item });
      this.#send({ type: "response.content_part.added", ...place, part: textPart("") });
    }
    this.#send({ type: "response.output_text.delta", ...place, delta, logprobs: [] });
  }

  end(answer: MessageAnswer): void {
    const response = responseOf(this.#frame, answer);
    for (const [output_index, item] of response.output.entries())
      if (item.type === "message") this.#endMessage(item, answer.text);
      else this.#call(item, output_index);
    this.#send(
      response.status === "completed"
        ? { type: "response.completed", response }
        : { type: "response.incomplete", response },
    );
  }

  fail({ code, detail, title }: Problem): void {
    const error = { code, message: detail ?? title };
    const response = { ...begun(this.#frame), status: "failed" as const, error };
    this.#send({ type: "response.failed", response });
  }

  #endMessage(item: MessageItem, text: string): void {
    // What was shown of an answer that turned out to be reasoning cannot be unsaid; the whole is right.
    if (!this.#isSpeaking) this.text(text);
    const place = this.#messagePlace();
    this.#send({ type: "response.output_text.done", ...place, text, logprobs: [] });
    this.#send({ type: "response.content_part.done", ...place, part: textPart(text) });
    this.#send({ type: "response.output_item.done", output_index: 0, item });
  }

  #call(item: Extract<ResponseOutputItem, { type: "function_call" }>, output_index: number): void {
    const { id: item_id, name, arguments: text } = item;
    const place = { item_id, output_index };
    const empty = { ...item, arguments: "", status: "in_progress" as const };
    this.#send({ type: "response.output_item.added", output_index, item: empty });
    this.#send({ type: "response.function_call_arguments.delta", ...place, delta: text });
    this.#send({
      type: "response.function_call_arguments.done",
      ...place,
      name,
      arguments: text,
    });
    this.#send({ type: "response.output_item.done", output_index, item });
  }

  #messagePlace() {
    return { item_id: itemId(this.#frame, "msg"), output_index: 0, content_index: 0 as const };
  }

  #send(event: Unnumbered): void {
    const data = { ...event, sequence_number: this.#sequence++ };
    this.#sink.send({ event: event.type, data });
  }
}

function messageItem(
  frame: ResponseFrame,
  text: string,
  status: MessageItem["status"],
): MessageItem {
  const id = itemId(frame, "msg");
  return { type: "message", id, role: "assistant", status, content: [textPart(text)] };
}

function callItems(frame: ResponseFrame, { toolCalls = [] }: MessageAnswer) {
  return toolCalls.map(({ id: call_id, name, arguments: text }, place) => ({
    type: "function_call" as const,
    id: `${itemId(frame, "fc")}_${place}`,
    call_id,
    name,
    arguments: text,
    status: "completed" as const,
  }));
}

function textPart(text: string): TextPart {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

function itemId({ run }: ResponseFrame, kind: "msg" | "fc"): string {
  return run.replace(/^run_/, `${kind}_`);
}
