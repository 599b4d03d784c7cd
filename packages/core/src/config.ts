import * as z from "zod";
import { parseAddress } from "./adapters/openai-compatible/address.ts";

/** The configuration of the node: `HOME/adyton.yaml`. Every key has a default; unknown keys are refused. */

const portOrZero = z.int().min(0).max(65_535);
const days = z.int().min(1).max(36_500);

const addressCharsMax = 2_048;
/** An address as `parseAddress` takes it. What is wrong is said without the text, which may hold a password. */
const address = z
  .string()
  .max(addressCharsMax)
  .check((context) => {
    try {
      parseAddress(context.value);
    } catch (error) {
      const message = error instanceof Error ? error.message : "is not an address";
      context.issues.push({ code: "custom", message, input: undefined });
    }
  });

export const BackendConfig = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_-]{0,31}$/, "must be lower-case letters, digits, - and _")
    .default("default"),
  url: address,
  model: z.string().min(1).max(200).optional(),
  api_key_file: z.string().min(1).optional(),
  weight: z.int().min(0).max(1_000).default(1),
  concurrency: z.int().min(1).max(256).default(8),
  context_tokens: z.int().min(512).max(10_000_000).optional(),
});
export type BackendConfig = z.infer<typeof BackendConfig>;

export const NodeConfig = z.strictObject({
  listen: z
    .strictObject({
      port: portOrZero.default(7860),
      /** JSON Lines on 127.0.0.1; 0 opens no such port. */
      socket_port: portOrZero.default(0),
    })
    .prefault({}),
  language: z.enum(["auto", "en", "ru"]).default("auto"),
  backends: z.array(BackendConfig).max(1, "this version uses one backend").default([]),
  turns: z
    .strictObject({
      wall_seconds: z.int().min(1).max(86_400).default(600),
      answer_tokens: z.int().min(16).max(1_000_000).optional(),
      history_turns: z.int().min(0).max(200).default(20),
      prompt: z.string().min(1).max(4_000).optional(),
    })
    .prefault({}),
  retention: z
    .strictObject({
      message_days: days.optional(),
      event_days: days.optional(),
      trace_days: days.default(30),
    })
    .prefault({}),
});
export type NodeConfig = z.infer<typeof NodeConfig>;
