import * as z from "zod";
import { contextMessagesMax, messagePartsMax, requestToolsMax } from "../limits.ts";
import { Taint } from "../taint.ts";
import { RequestedModel } from "./chat.ts";

/*
 * The Responses API (Open Responses). A response is asked for in its words and answered by the same turn as a chat
 * completion, so only what that can express is taken; keys the node does not know are ignored.
 */

const TextItemPart = z.looseObject({
  type: z.enum(["input_text", "output_text", "text"]),
  text: z.string(),
});
const ImageItemPart = z.looseObject({
  type: z.literal("input_image"),
  image_url: z.string().min(1),
  detail: z.string().nullish(),
});
const RefusalItemPart = z.looseObject({ type: z.literal("refusal"), refusal: z.string() });

const parts = z
  .array(
    z.discriminatedUnion("type", [TextItemPart, ImageItemPart, RefusalItemPart], {
      error: "must be text or an image with its image_url: the node passes on nothing else",
    }),
  )
  .max(messagePartsMax);

const MessageItem = z.looseObject({
  type: z.literal("message").optional(),
  role: z.enum(["user", "assistant", "system", "developer"]),
  content: z.union([z.string(), parts]),
});
const CallItem = z.looseObject({
  type: z.literal("function_call"),
  call_id: z.string().min(1),
  name: z.string().min(1),
  arguments: z.string(),
});
const CallOutputItem = z.looseObject({
  type: z.literal("function_call_output"),
  call_id: z.string().min(1),
  output: z.union([z.string(), z.array(TextItemPart).max(messagePartsMax)]),
});
const ReasoningItem = z.looseObject({ type: z.literal("reasoning") });

export const ResponseInputItem = z
  .union([CallItem, CallOutputItem, ReasoningItem, MessageItem], {
    error: "must be a message, function_call, function_call_output or reasoning",
  })
  .meta({
    id: "ResponseInputItem",
    description: "One item of a response's input. Reasoning is taken and left out.",
  });
export type ResponseInputItem = z.infer<typeof ResponseInputItem>;

export const ResponseRequest = z
  .looseObject({
    model: RequestedModel,
    input: z.union([z.string().min(1), z.array(ResponseInputItem).min(1).max(contextMessagesMax)]),
    instructions: z.string().nullish(),
    previous_response_id: z
      .string()
      .regex(/^resp_[A-Za-z0-9_-]{8,64}$/, "must be the id of a response of this node")
      .nullish(),
    store: z
      .boolean()
      .nullish()
      .describe(
        "`false`: the response cannot be continued by its id. The journal has question and answer either way.",
      ),
    stream: z.boolean().nullish(),
    max_output_tokens: z.int().min(1).nullish(),
    temperature: z.number().nullish(),
    top_p: z.number().nullish(),
    text: z.looseObject({ format: z.looseObject({ type: z.string() }).nullish() }).nullish(),
    tools: z
      .array(
        z.looseObject({
          type: z.literal("function", { error: "must be function: the node runs no tools itself" }),
          name: z.string().min(1),
          description: z.string().nullish(),
          parameters: z.record(z.string(), z.unknown()).nullish(),
          strict: z.boolean().nullish(),
        }),
      )
      .max(requestToolsMax)
      .nullish(),
    tool_choice: z.union([z.string(), z.looseObject({})]).nullish(),
    parallel_tool_calls: z.boolean().nullish(),
    background: z
      .literal(false, {
        error: "must be false: ask POST /api/v1/message with Prefer: respond-async",
      })
      .nullish(),
    conversation: z
      .null({ error: "is not kept here: use previous_response_id, or metadata.conversation" })
      .optional(),
    user: z.string().nullish(),
    prompt_cache_key: z.string().nullish(),
    metadata: z.record(z.string(), z.unknown()).nullish(),
  })
  .meta({ id: "ResponseRequest", description: "What a response is asked for." });
export type ResponseRequest = z.infer<typeof ResponseRequest>;

const itemStatus = z.enum(["in_progress", "completed", "incomplete"]);
const OutputText = z.strictObject({
  type: z.literal("output_text"),
  text: z.string(),
  annotations: z.tuple([]),
  logprobs: z.tuple([]),
});

export const ResponseOutputItem = z
  .discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("message"),
      id: z.string(),
      role: z.literal("assistant"),
      status: itemStatus,
      content: z.array(OutputText),
    }),
    z.strictObject({
      type: z.literal("function_call"),
      id: z.string(),
      call_id: z.string(),
      name: z.string(),
      arguments: z.string(),
      status: itemStatus,
    }),
  ])
  .meta({ id: "ResponseOutputItem", description: "A message, or a call of a tool." });
export type ResponseOutputItem = z.infer<typeof ResponseOutputItem>;

export const OpenAiResponse = z
  .strictObject({
    id: z.string(),
    object: z.literal("response"),
    created_at: z.int(),
    completed_at: z.int().nullable(),
    status: z.enum(["in_progress", "completed", "incomplete", "failed"]),
    error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
    incomplete_details: z.strictObject({ reason: z.literal("max_output_tokens") }).nullable(),
    instructions: z.string().nullable(),
    max_output_tokens: z.int().nullable(),
    model: z.string(),
    output: z.array(ResponseOutputItem),
    parallel_tool_calls: z.boolean(),
    previous_response_id: z.string().nullable(),
    store: z.boolean().describe("Whether it can be continued by its id."),
    temperature: z.number().nullable(),
    top_p: z.number().nullable(),
    text: z.looseObject({}),
    tool_choice: z.unknown(),
    tools: z.array(z.unknown()),
    truncation: z.literal("disabled"),
    metadata: z.record(z.string(), z.unknown()),
    usage: z
      .strictObject({
        input_tokens: z.int().nonnegative(),
        input_tokens_details: z.strictObject({ cached_tokens: z.literal(0) }),
        output_tokens: z.int().nonnegative(),
        output_tokens_details: z.strictObject({ reasoning_tokens: z.literal(0) }),
        total_tokens: z.int().nonnegative(),
      })
      .nullable(),
    adyton: z
      .strictObject({
        run: z.string(),
        conversation: z.string(),
        mode: z.string(),
        taint: Taint.optional(),
      })
      .describe("Where the node keeps this answer, and whether it is tainted."),
  })
  .meta({ id: "OpenAiResponse", description: "A response, complete or as far as it has come." });
export type OpenAiResponse = z.infer<typeof OpenAiResponse>;

const sequence_number = z.int().nonnegative();
const whole = { sequence_number, response: OpenAiResponse };
const item = { sequence_number, output_index: z.int(), item: ResponseOutputItem };
const piece = { sequence_number, item_id: z.string(), output_index: z.int() };
const part = { ...piece, content_index: z.literal(0) };

/** The events of a streamed response, by their names, which each repeats as its `type`. */
export const responseStreamEvents = {
  "response.created": z.strictObject({ type: z.literal("response.created"), ...whole }),
  "response.in_progress": z.strictObject({ type: z.literal("response.in_progress"), ...whole }),
  "response.output_item.added": z.strictObject({
    type: z.literal("response.output_item.added"),
    ...item,
  }),
  "response.content_part.added": z.strictObject({
    type: z.literal("response.content_part.added"),
    ...part,
    part: OutputText,
  }),
  "response.output_text.delta": z.strictObject({
    type: z.literal("response.output_text.delta"),
    ...part,
    delta: z.string(),
    logprobs: z.tuple([]),
  }),
  "response.output_text.done": z.strictObject({
    type: z.literal("response.output_text.done"),
    ...part,
    text: z.string(),
    logprobs: z.tuple([]),
  }),
  "response.content_part.done": z.strictObject({
    type: z.literal("response.content_part.done"),
    ...part,
    part: OutputText,
  }),
  "response.function_call_arguments.delta": z.strictObject({
    type: z.literal("response.function_call_arguments.delta"),
    ...piece,
    delta: z.string(),
  }),
  "response.function_call_arguments.done": z.strictObject({
    type: z.literal("response.function_call_arguments.done"),
    ...piece,
    name: z.string(),
    arguments: z.string(),
  }),
  "response.output_item.done": z.strictObject({
    type: z.literal("response.output_item.done"),
    ...item,
  }),
  "response.completed": z.strictObject({ type: z.literal("response.completed"), ...whole }),
  "response.incomplete": z.strictObject({ type: z.literal("response.incomplete"), ...whole }),
  "response.failed": z.strictObject({ type: z.literal("response.failed"), ...whole }),
} as const;
export type ResponseStreamEvent = {
  [K in keyof typeof responseStreamEvents]: z.infer<(typeof responseStreamEvents)[K]>;
}[keyof typeof responseStreamEvents];
