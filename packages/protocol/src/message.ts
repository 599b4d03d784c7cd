import * as z from "zod";
import { Attachment, fitTogether } from "./attachments.ts";
import {
  attachmentsBytesMax,
  attachmentsMax,
  conversationNameCharsMax,
  messageTextCharsMax,
  messageQuoteCharsMax,
} from "./limits.ts";
import { Provenance } from "./memory.ts";
import { Problem } from "./problems.ts";
import { RethinkReport, TraceStep } from "./recursia.ts";
import { Taint } from "./taint.ts";

/** A conversation's name as its callers know it: visible characters, no spaces at the ends. */
export const ConversationName = z
  .string()
  .min(1)
  .max(conversationNameCharsMax)
  .regex(
    /^[^\s\p{C}](?:[^\p{C}]*[^\s\p{C}])?$/u,
    "must be visible characters without spaces at the ends",
  )
  .describe(
    "The thread this belongs to. Left out, a new unguessable one is made. Each principal has its own names; callers without a token share one set.",
  );

export const ModeName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z][A-Za-z0-9_-]*$/, "must be a mode's name")
  .describe(
    "A mode's name, in any case. An unknown one is refused with the list of those that exist.",
  );

export const MessageRequest = z
  .strictObject({
    text: z.string().min(1).max(messageTextCharsMax).describe("What is said, or a text command."),
    conversation: ConversationName.optional(),
    mode: ModeName.optional().describe("A mode for this turn only."),
    stream: z.boolean().optional().describe("Answer as server-sent events."),
    spoken: z
      .boolean()
      .optional()
      .describe("True: the text was spoken, and is no command whatever it looks like."),
    quote: z
      .string()
      .min(1)
      .max(messageQuoteCharsMax)
      .optional()
      .describe(
        "The earlier message this one answers to. Where the conversation has these words, they are the conversation's; else somebody else's, as an attachment's.",
      ),
    attachments: z
      .array(Attachment)
      .min(1)
      .max(attachmentsMax)
      .refine(fitTogether, {
        message: `must have at most ${attachmentsBytesMax} bytes together`,
      })
      .optional()
      .describe(
        "Somebody else's words and pictures that the text is about. A model reads them apart from the conversation and its answer is tainted; nothing of them goes into memory.",
      ),
  })
  .meta({ id: "MessageRequest", description: "One message to the node." });
export type MessageRequest = z.infer<typeof MessageRequest>;

export const Citation = z
  .strictObject({
    documentId: z.string(),
    title: z.string(),
    source: z.string(),
    heading: z.array(z.string()),
    quote: z.string().describe("A literal substring of the source."),
    seq: z.int().describe("The journal record that brought the document."),
    provenance: Provenance,
  })
  .meta({ id: "Citation", description: "A quotation and where it stands." });
export type Citation = z.infer<typeof Citation>;

export const TokenUsage = z
  .strictObject({
    promptTokens: z.int().nonnegative(),
    completionTokens: z.int().nonnegative(),
    estimated: z
      .boolean()
      .describe(
        "True when the model server gave no usable figures and the node counted by itself.",
      ),
  })
  .meta({ id: "TokenUsage", description: "Tokens of one run." });
export type TokenUsage = z.infer<typeof TokenUsage>;

export const ToolCall = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    arguments: z
      .string()
      .describe("The model's own text, which need not be the JSON it should be."),
  })
  .meta({ id: "ToolCall", description: "A call of one of the caller's tools." });

export const MessageAnswer = z
  .strictObject({
    id: z.string().describe("The run; its record is at /api/v1/runs/{id}."),
    conversation: z.string(),
    text: z.string(),
    mode: z.string(),
    answeredBy: z
      .enum(["model", "extractive", "command"])
      .describe("A language model, quotes from memory without a model, or a command of the node."),
    model: z.string().optional(),
    finish: z
      .enum(["stop", "length", "cut", "tool_calls"])
      .describe(
        "Finished, ended at the limit of tokens or of the node, the model server broke off and this is what arrived, " +
          "or the model waits for the tools it called.",
      ),
    toolCalls: z
      .array(ToolCall)
      .optional()
      .describe(
        "The calls of the caller's own tools the model asks for; the node carries out none.",
      ),
    usage: TokenUsage.optional(),
    citations: z.array(Citation).optional(),
    found: z
      .boolean()
      .optional()
      .describe("Of an answer from memory (EXTRACTIVE, RAG): whether memory holds one."),
    recursia: RethinkReport.optional().describe("Of an answer of RECURSIA: what was done to it."),
    taint: Taint.optional(),
    data: z
      .unknown()
      .optional()
      .describe("The structured result of a command, or of a mode that demands a form."),
    historyDropped: z
      .int()
      .nonnegative()
      .optional()
      .describe("Earlier messages left out because the model's window is too small for them."),
    restarts: z
      .int()
      .positive()
      .optional()
      .describe(
        "How often a stream of it started over, because a model server failed in the middle and another went on.",
      ),
    ms: z.number().nonnegative(),
  })
  .meta({ id: "MessageAnswer", description: "The answer to one message." });
export type MessageAnswer = z.infer<typeof MessageAnswer>;

/** The events of a streamed run, by their SSE event name. */
export const runStreamEvents = {
  queued: z.strictObject({
    run: z.string(),
    conversation: z.string(),
    ahead: z.int().nonnegative(),
  }),
  started: z.strictObject({ run: z.string(), mode: z.string() }),
  /** A step of a mode that takes several. They come before the answer; who comes back gets them again, by `seq`. */
  trace: TraceStep,
  delta: z.strictObject({ text: z.string() }),
  /** A model server failed in mid-answer: what came before is void, and the deltas that follow begin anew. */
  restart: z.strictObject({ run: z.string() }),
  answer: MessageAnswer,
  problem: Problem,
} as const;
export type RunStreamEvent = {
  [K in keyof typeof runStreamEvents]: {
    readonly event: K;
    readonly data: z.infer<(typeof runStreamEvents)[K]>;
  };
}[keyof typeof runStreamEvents];

export const runStatuses = [
  "queued",
  "running",
  "answered",
  "failed",
  "cancelled",
  "interrupted",
] as const;
export const Run = z
  .strictObject({
    id: z.string(),
    conversation: z.string(),
    status: z.enum(runStatuses),
    mode: z.string(),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().optional(),
    answer: MessageAnswer.optional(),
    problem: Problem.optional(),
  })
  .meta({ id: "Run", description: "One execution of a mode or command." });
export type Run = z.infer<typeof Run>;
