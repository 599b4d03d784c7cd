import * as z from "zod";
import {
  contextMessagesMax,
  messagePartsMax,
  modelNameCharsMax,
  requestToolsMax,
  stopTextsMax,
} from "../limits.ts";
import { Taint } from "../taint.ts";

/*
 * Requests are read leniently: clients grow keys every few weeks. What the node acts on is checked; a key it does not
 * know goes on to the model server as it came, unless the server would overrule the node by it; what it would have to break its word on (several choices, logprobs,
 * sound) is refused.
 */

export const RequestedModel = z
  .string()
  .min(1)
  .max(modelNameCharsMax)
  .describe("`adyton`, `adyton/MODE`, or the model server's own name for its model.");

const TextPart = z.looseObject({ type: z.literal("text"), text: z.string() });
const ImagePart = z.looseObject({
  type: z.literal("image_url"),
  image_url: z.looseObject({ url: z.string().min(1), detail: z.string().optional() }),
});
const RefusalPart = z.looseObject({ type: z.literal("refusal"), refusal: z.string() });

const texts = z.union([z.string(), z.array(TextPart).max(messagePartsMax)]);

const RequestedCall = z.looseObject({
  id: z.string().min(1),
  type: z.literal("function"),
  function: z.looseObject({ name: z.string().min(1), arguments: z.string() }),
});

export const ChatCompletionMessage = z
  .discriminatedUnion(
    "role",
    [
      z.looseObject({ role: z.enum(["system", "developer"]), content: texts }),
      z.looseObject({
        role: z.literal("user"),
        content: z.union([
          z.string(),
          z
            .array(
              z.discriminatedUnion("type", [TextPart, ImagePart], {
                error: "must be text or image_url: the node passes on nothing else",
              }),
            )
            .max(messagePartsMax),
        ]),
      }),
      z.looseObject({
        role: z.literal("assistant"),
        content: z
          .union([
            z.string(),
            z.array(z.discriminatedUnion("type", [TextPart, RefusalPart])).max(messagePartsMax),
          ])
          .nullish(),
        tool_calls: z.array(RequestedCall).max(requestToolsMax).nullish(),
      }),
      z.looseObject({ role: z.literal("tool"), tool_call_id: z.string().min(1), content: texts }),
    ],
    { error: "must be a message of a system, developer, user, assistant or tool" },
  )
  .meta({ id: "ChatCompletionMessage", description: "One message of a client's context." });
export type ChatCompletionMessage = z.infer<typeof ChatCompletionMessage>;

const notOffered = (what: string) =>
  z
    .union([z.literal(false), z.literal(0), z.null(), z.tuple([])], {
      error: `${what}; leave it out`,
    })
    .optional();

export const ChatCompletionRequest = z
  .looseObject({
    model: RequestedModel,
    messages: z.array(ChatCompletionMessage).min(1).max(contextMessagesMax),
    stream: z.boolean().nullish(),
    stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
    max_tokens: z.int().min(1).nullish(),
    max_completion_tokens: z.int().min(1).nullish().describe("Wins over `max_tokens`."),
    temperature: z.number().nullish(),
    top_p: z.number().nullish(),
    seed: z.int().nullish(),
    stop: z.union([z.string(), z.array(z.string()).max(stopTextsMax)]).nullish(),
    response_format: z.looseObject({ type: z.string() }).nullish(),
    tools: z
      .array(
        z.looseObject({
          type: z.literal("function", { error: "must be function: there are no other tools" }),
          function: z.looseObject({
            name: z.string().min(1),
            description: z.string().nullish(),
            parameters: z.record(z.string(), z.unknown()).nullish(),
            strict: z.boolean().nullish(),
          }),
        }),
      )
      .max(requestToolsMax)
      .nullish(),
    tool_choice: z.union([z.string(), z.looseObject({})]).nullish(),
    n: z.literal(1, { error: "must be 1: an answer is one choice" }).nullish(),
    logprobs: notOffered("the node passes on no logprobs"),
    functions: notOffered("the node takes tools, not functions"),
    user: z.string().nullish().describe("Names the conversation when nothing else does."),
    prompt_cache_key: z.string().nullish().describe("Names the conversation."),
    metadata: z
      .record(z.string(), z.unknown())
      .nullish()
      .describe("`conversation` in it names the conversation, before everything else."),
  })
  .meta({
    id: "ChatCompletionRequest",
    description:
      "A client's whole context. Keys that are not listed go on to the model server as they came, except those by which " +
      "it would overrule the node, such as another length of the answer.",
  });
export type ChatCompletionRequest = z.infer<typeof ChatCompletionRequest>;

const CompletionCall = z.strictObject({
  id: z.string(),
  type: z.literal("function"),
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
});

const finishReason = z
  .enum(["stop", "length", "tool_calls"])
  .describe("`length` also where the model server broke off.");

const CompletionUsage = z
  .strictObject({
    prompt_tokens: z.int().nonnegative(),
    completion_tokens: z.int().nonnegative(),
    total_tokens: z.int().nonnegative(),
  })
  .meta({ id: "CompletionUsage", description: "Tokens of one answer." });

/** What the node says beyond OpenAI's own keys. */
export const TurnReference = z
  .strictObject({
    run: z.string().describe("The turn: GET /api/v1/runs/{id}."),
    conversation: z.string(),
    mode: z.string(),
    taint: Taint.optional(),
  })
  .meta({
    id: "TurnReference",
    description: "Where the node keeps this answer, and whether it is tainted.",
  });
export type TurnReference = z.infer<typeof TurnReference>;

export const ChatCompletion = z
  .strictObject({
    id: z.string(),
    object: z.literal("chat.completion"),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.strictObject({
        index: z.literal(0),
        message: z.strictObject({
          role: z.literal("assistant"),
          content: z.string().nullable(),
          refusal: z.null(),
          tool_calls: z.array(CompletionCall).optional(),
        }),
        logprobs: z.null(),
        finish_reason: finishReason,
      }),
    ),
    usage: CompletionUsage,
    adyton: TurnReference,
  })
  .meta({ id: "ChatCompletion", description: "The answer to a client's context." });
export type ChatCompletion = z.infer<typeof ChatCompletion>;

export const ChatCompletionChunk = z
  .strictObject({
    id: z.string(),
    object: z.literal("chat.completion.chunk"),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.strictObject({
        index: z.literal(0),
        delta: z.strictObject({
          role: z.literal("assistant").optional(),
          content: z.string().optional(),
          tool_calls: z.array(CompletionCall.extend({ index: z.int() })).optional(),
        }),
        logprobs: z.null(),
        finish_reason: finishReason.nullable(),
      }),
    ),
    usage: CompletionUsage.nullish(),
    adyton: TurnReference.optional().describe("With the last choice of an answer that is tainted."),
  })
  .meta({ id: "ChatCompletionChunk", description: "A piece of a streamed answer." });
export type ChatCompletionChunk = z.infer<typeof ChatCompletionChunk>;
