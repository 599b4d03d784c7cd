import * as z from "zod";
import type { ChatMessage, ChatOutcome, ChatTool } from "../../ports/backend.ts";
import type { ModelCall } from "../../ports/jobs.ts";
import { workerConcurrencyMax, workerNameCharsMax } from "./limits.ts";

/**
 * What node and workers say to each other, each message sealed for its context. Strict on both sides: a node and its
 * workers run the same version, and one that does not is told apart by `format`.
 */

export const queueName = "jobs";
/** In the name of every key, so that a Redis may be shared with others. */
const keyPrefix = "adyton";
const format = "1";

export const keys = {
  /** BullMQ puts the queue's name behind it. */
  queuePrefix: `${keyPrefix}:${format}`,
  job: (name: string) => `${keyPrefix}:${format}:${queueName}:${name}`,
  /** There while a node lives. */
  node: (node: string) => `${keyPrefix}:${format}:node:${node}`,
  /** A stream of what workers say about the jobs of one node. */
  replies: (node: string) => `${keyPrefix}:${format}:replies:${node}`,
  /** Channels: nothing of them is kept. */
  beats: `${keyPrefix}:${format}:beats`,
  control: `${keyPrefix}:${format}:control`,
  everything: `${keyPrefix}:${format}:*`,
} as const;

export const contexts = {
  job: (name: string) => `job ${name}`,
  reply: (name: string, number: number) => `reply ${name} ${number}`,
  beat: "beat",
  control: "control",
} as const;

/** A job's name says whose it is, and how often it was issued: `NODE-NUMBER-FENCE`. */
export interface JobName {
  readonly node: string;
  readonly number: number;
  readonly fence: number;
}

export function jobName({ node, number, fence }: JobName): string {
  return `${node}-${number}-${fence}`;
}

export function parseJobName(text: string): JobName | undefined {
  const [, node, number, fence] = /^([0-9a-f]{16})-(\d{1,15})-(\d{1,9})$/.exec(text) ?? [];
  if (node === undefined) return undefined;
  return { node, number: Number(number), fence: Number(fence) };
}

const ToolCall = z.strictObject({ id: z.string(), name: z.string(), arguments: z.string() });

const ContentPart = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("text"), text: z.string() }),
  z.strictObject({
    type: z.literal("image_url"),
    image_url: z.strictObject({ url: z.string(), detail: z.string().optional() }),
  }),
]);

const messageShape = {
  role: z.enum(["system", "user", "assistant", "tool"]),
  content: z.string(),
  parts: z.array(ContentPart).exactOptional(),
  toolCalls: z.array(ToolCall).readonly().exactOptional(),
  toolCallId: z.string().exactOptional(),
} satisfies Record<keyof ChatMessage, z.ZodType>;

const toolShape = {
  name: z.string(),
  description: z.string().optional(),
  parameters: z.unknown().optional(),
  strict: z.boolean().optional(),
} satisfies Record<keyof ChatTool, z.ZodType>;

/** Names every member of a call, so that a new one cannot stay behind unseen. */
const callShape = {
  messages: z.array(z.strictObject(messageShape)),
  answerTokensMax: z.int().positive().exactOptional(),
  settings: z
    .looseObject({
      temperature: z.number().optional(),
      top_p: z.number().optional(),
      seed: z.number().optional(),
      stop: z.array(z.string()).optional(),
      response_format: z.unknown().optional(),
    })
    .exactOptional(),
  tools: z.array(z.strictObject(toolShape)).exactOptional(),
  toolChoice: z.unknown().optional(),
  patience: z.enum(["retries", "once", "brief"]).exactOptional(),
  promptTokensEstimate: z.number().nonnegative().exactOptional(),
} satisfies Record<keyof ModelCall, z.ZodType>;

export const JobMessage = z.strictObject({
  call: z.strictObject(callShape) satisfies z.ZodType<ModelCall>,
  isStreamed: z.boolean(),
  /** What the worker gives the call at most. */
  budgetMs: z.int().positive(),
});

const Bilingual = z.strictObject({ en: z.string(), ru: z.string() });

const answeredShape = {
  kind: z.literal("answered"),
  text: z.string(),
  toolCalls: z.array(ToolCall).readonly().exactOptional(),
  finish: z.enum(["stop", "length", "cut", "tool_calls"]),
  isBroken: z.boolean().exactOptional(),
  usage: z
    .strictObject({
      promptTokens: z.int().nonnegative(),
      completionTokens: z.int().nonnegative(),
    })
    .exactOptional(),
  model: z.string(),
} satisfies Record<keyof Extract<ChatOutcome, { kind: "answered" }>, z.ZodType>;

const failedShape = {
  kind: z.literal("failed"),
  reason: z.enum(["unavailable", "timed_out", "invalid", "refused", "overflow", "cancelled"]),
  detail: Bilingual,
  retryAfterMs: z.number().nonnegative().exactOptional(),
  started: z.boolean(),
} satisfies Record<keyof Extract<ChatOutcome, { kind: "failed" }>, z.ZodType>;

const Outcome = z.discriminatedUnion("kind", [
  z.strictObject(answeredShape),
  z.strictObject(failedShape),
]) satisfies z.ZodType<ChatOutcome>;

/** `returned`: the worker ends and did not finish it. */
export const ReplyMessage = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("began"), worker: z.string() }),
  z.strictObject({ kind: z.literal("delta"), text: z.string() }),
  z.strictObject({ kind: z.literal("outcome"), outcome: Outcome }),
  z.strictObject({ kind: z.literal("returned") }),
]);
export type ReplyMessage = z.infer<typeof ReplyMessage>;

export const BeatMessage = z.strictObject({
  worker: z.string().max(64),
  name: z.string().max(workerNameCharsMax),
  software: z.string().max(64),
  /** Counts up: an older beat says nothing. */
  number: z.int().nonnegative(),
  status: z.enum(["ok", "degraded", "unknown"]),
  stopping: z.boolean(),
  model: z.string(),
  contextTokens: z.int().positive(),
  concurrency: z.int().min(1).max(workerConcurrencyMax),
  /** Names of the jobs it works on. */
  running: z.array(z.string()).max(workerConcurrencyMax),
});
export type BeatMessage = z.infer<typeof BeatMessage>;

export const ControlMessage = z.discriminatedUnion("kind", [
  /** A node has come: whoever is there says so at once. */
  z.strictObject({ kind: z.literal("who") }),
  z.strictObject({ kind: z.literal("cancel"), jobs: z.array(z.string()) }),
]);
export type ControlMessage = z.infer<typeof ControlMessage>;

/** A channel carries one sealed message. */
export const Sealed = z.strictObject({ sealed: z.string() });
