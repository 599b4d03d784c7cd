import { problem, type ResponseInputItem, type ResponseRequest } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import type { ChatMessage, ContentPart } from "../../ports/backend.ts";
import type { ClientContext } from "../client-context.ts";
import { digestOf, textOf, toolOf, userMessage } from "./chat-context.ts";
import type { Continued } from "./response-chain.ts";

/** The messages of a response's input: what is new in this request. */
export function inputMessages({ input }: ResponseRequest): readonly ChatMessage[] {
  if (typeof input === "string") return [{ role: "user", content: input }];
  const messages: ChatMessage[] = [];
  for (const item of input) {
    const message = messageOf(item);
    const last = messages.at(-1);
    // Calls of one answer come as items of their own; the shared route has them in one message with its text.
    if (message?.toolCalls !== undefined && last?.role === "assistant")
      messages[messages.length - 1] = {
        ...last,
        toolCalls: [...(last.toolCalls ?? []), ...message.toolCalls],
      };
    else if (message !== undefined) messages.push(message);
  }
  return messages;
}

/** A response's context, in the words of the port. Throws `ProblemError` `invalid_body`. */
export function responseContext(
  request: ResponseRequest,
  input: readonly ChatMessage[],
  {
    continued,
    isStored,
  }: { readonly continued: Continued | undefined; readonly isStored: boolean },
): ClientContext {
  const { instructions, tools, temperature, top_p, parallel_tool_calls, text } = request;
  const messages: ChatMessage[] = [
    ...(instructions ? [{ role: "system" as const, content: instructions }] : []),
    ...(continued?.messages ?? []),
    ...input,
  ];
  const [only] = input;
  const isPlain = input.length === 1 && only?.role === "user" && only.parts === undefined;
  const format = responseFormat(text?.format);
  return {
    messages,
    settings: {
      ...(temperature == null ? {} : { temperature }),
      ...(top_p == null ? {} : { top_p }),
      ...(parallel_tool_calls == null || !tools?.length ? {} : { parallel_tool_calls }),
      ...(format === undefined ? {} : { response_format: format }),
    },
    tools: tools?.length ? tools.map(toolOf) : undefined,
    toolChoice: toolChoice(request),
    answerTokensMax: request.max_output_tokens ?? undefined,
    noted: {
      messages: messages.length,
      sha256: digestOf(messages),
      ...(isStored ? { stored: true, ...(isPlain ? {} : { input }) } : {}),
      ...(continued === undefined ? {} : { previous: continued.run }),
    },
  };
}

function messageOf(item: ResponseInputItem): ChatMessage | undefined {
  if ("call_id" in item && item.type === "function_call_output")
    return {
      role: "tool",
      content: textOf(item.output),
      toolCallId: item.call_id,
    };
  if (item.type === "function_call")
    return {
      role: "assistant",
      content: "",
      toolCalls: [{ id: item.call_id, name: item.name, arguments: item.arguments }],
    };
  if (item.type === "reasoning") return undefined;
  const { role, content } = item;
  if (role === "user")
    return typeof content === "string" ? { role, content } : userMessage(content.map(contentPart));
  const said = typeof content === "string" ? content : textOf(content.flatMap(textPart));
  return { role: role === "assistant" ? role : "system", content: said };
}

type Part = Exclude<Extract<ResponseInputItem, { role: unknown }>["content"], string>[number];

function contentPart(part: Part): ContentPart {
  if (part.type === "input_image")
    return {
      type: "image_url",
      image_url: { url: part.image_url, detail: part.detail ?? undefined },
    };
  return { type: "text", text: part.type === "refusal" ? part.refusal : part.text };
}

function textPart(part: Part): { readonly text: string }[] {
  if (part.type === "input_image") return [];
  return [{ text: part.type === "refusal" ? part.refusal : part.text }];
}

/** The format of the answer, in the words of the chat route, which nests what belongs to a schema. */
function responseFormat(format: { readonly type: string } | null | undefined): unknown {
  if (format == null || format.type === "text") return undefined;
  if (format.type !== "json_schema") return format;
  const { type, ...schema } = format;
  return { type, json_schema: schema };
}

function toolChoice({ tool_choice: choice }: ResponseRequest): unknown {
  if (choice == null || typeof choice === "string") return choice ?? undefined;
  if (choice["type"] === "function")
    return { type: "function", function: { name: choice["name"] } };
  const message = "must be a word, or a function by its name";
  throw new ProblemError(problem("invalid_body", { errors: [{ path: "/tool_choice", message }] }));
}
