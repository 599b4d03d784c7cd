import * as z from "zod";
import type { ModelKind } from "../../domain/model/model-kind.ts";
import { contextTokensMax, modelNameCharsMax } from "./limits.ts";

export type Software =
  | "vllm"
  | "sglang"
  | "llama.cpp"
  | "ollama"
  | "text-generation-webui"
  | "lm-studio"
  | "openai-compatible";

export interface ServedModel {
  readonly id: string;
  readonly kind: ModelKind;
  /** The window that is in force, where the server states it. */
  readonly contextTokens?: number | undefined;
}

export interface ServerDescription {
  readonly software: Software;
  readonly models: readonly ServedModel[];
}

export const Tokens = z.int().positive().max(contextTokensMax);

export const ListedModel = z.object({
  id: z.string().min(1).max(modelNameCharsMax),
  owned_by: z.unknown().optional(),
  max_model_len: Tokens.optional().catch(undefined),
});
export type ListedModel = z.infer<typeof ListedModel>;

/** A model by its configured name; Ollama lists `name` as `name:latest`. */
export function findModel(models: readonly ServedModel[], name: string): ServedModel | undefined {
  return models.find(({ id }) => id === name) ?? models.find(({ id }) => id === `${name}:latest`);
}
