import type { JsonValue } from "./json.ts";
import { vocabularySize } from "./tokenizer.ts";

export type Flavour = "openai" | "llama.cpp" | "ollama" | "vllm" | "tgw" | "lmstudio";

export const flavours = [
  "openai",
  "llama.cpp",
  "ollama",
  "vllm",
  "tgw",
  "lmstudio",
] as const satisfies readonly Flavour[];

export interface EmulatedModel {
  readonly id: string;
  readonly contextTokens: number;
  readonly kind: "chat" | "embedding";
}

export const defaultModels: readonly EmulatedModel[] = [
  { id: "emulated-chat", contextTokens: 32_768, kind: "chat" },
  { id: "emulated-embedding", contextTokens: 8_192, kind: "embedding" },
];

// A fixed date keeps the list the same in every run.
const createdAtS = 1_767_225_600;
const createdAt = new Date(createdAtS * 1000).toISOString();

/** GET /v1/models with the extra fields each server is known for. */
export function modelList(models: readonly EmulatedModel[], flavour: Flavour): JsonValue {
  return {
    object: "list",
    data: models.map((model) => ({
      id: model.id,
      object: "model",
      created: createdAtS,
      owned_by: owners[flavour],
      ...extraFields(model, flavour),
    })),
  };
}

const owners: Record<Flavour, string> = {
  openai: "adyton-emulator",
  "llama.cpp": "llamacpp",
  ollama: "library",
  vllm: "vllm",
  tgw: "user",
  lmstudio: "organization_owner",
};

function extraFields(model: EmulatedModel, flavour: Flavour): Record<string, JsonValue> {
  if (flavour === "vllm")
    return { root: model.id, parent: null, max_model_len: model.contextTokens };
  if (flavour === "llama.cpp")
    return {
      meta: {
        vocab_type: 2,
        n_vocab: vocabularySize,
        n_ctx_train: model.contextTokens,
        n_embd: 256,
        n_params: 1_000_000,
        size: 4_000_000,
      },
    };
  return {};
}

/** The addresses outside OpenAI's surface that a flavour answers, by "METHOD path"; undefined when it has none there. */
export function nativeAnswer(
  route: string,
  models: readonly EmulatedModel[],
  flavour: Flavour,
  body: unknown,
): { readonly status: number; readonly json: JsonValue } | undefined {
  const make = nativeRoutes[flavour]?.[route];
  return make?.(models, body);
}

type NativeRoute = (
  models: readonly EmulatedModel[],
  body: unknown,
) => { readonly status: number; readonly json: JsonValue };

const ok = (json: JsonValue) => ({ status: 200, json });

const nativeRoutes: Partial<Record<Flavour, Readonly<Record<string, NativeRoute>>>> = {
  "llama.cpp": {
    "GET /props": (models) =>
      ok({
        default_generation_settings: { n_ctx: models[0]?.contextTokens ?? 0, params: {} },
        total_slots: 1,
        model_path: `/models/${models[0]?.id ?? "none"}.gguf`,
        chat_template: "chatml",
        build_info: "adyton-emulator",
      }),
  },
  ollama: {
    "GET /": () => ok("Ollama is running"),
    "GET /api/version": () => ok({ version: "0.0.0-adyton-emulator" }),
    "GET /api/tags": (models) => ok({ models: models.map(ollamaModel) }),
    "GET /api/ps": (models) =>
      ok({
        models: models.map((model) => ({
          ...ollamaModel(model),
          expires_at: createdAt,
          size_vram: 0,
          context_length: model.contextTokens,
        })),
      }),
    "POST /api/show": (models, body) => {
      const name = nameIn(body);
      const model = models.find(({ id }) => id === name || `${id}:latest` === name);
      if (model === undefined) return { status: 404, json: { error: `model '${name}' not found` } };
      return ok({
        details: ollamaDetails,
        model_info: {
          "general.architecture": "emulator",
          "emulator.context_length": model.contextTokens,
        },
        capabilities: [model.kind === "chat" ? "completion" : "embedding"],
        modified_at: createdAt,
      });
    },
  },
  tgw: {
    "GET /v1/internal/model/info": (models) =>
      ok({ model_name: models[0]?.id ?? "None", lora_names: [] }),
  },
  lmstudio: {
    "GET /api/v0/models": (models) =>
      ok({
        object: "list",
        data: models.map((model) => ({
          id: model.id,
          object: "model",
          type: model.kind === "chat" ? "llm" : "embeddings",
          publisher: "adyton",
          arch: "emulator",
          state: "loaded",
          max_context_length: model.contextTokens,
          loaded_context_length: model.contextTokens,
        })),
      }),
  },
};

const ollamaDetails = {
  parent_model: "",
  format: "gguf",
  family: "emulator",
  families: ["emulator"],
  parameter_size: "1M",
  quantization_level: "F32",
};

function ollamaModel(model: EmulatedModel): Record<string, JsonValue> {
  const name = model.id.includes(":") ? model.id : `${model.id}:latest`;
  return {
    name,
    model: name,
    modified_at: createdAt,
    size: 4_000_000,
    digest: "0".repeat(64),
    details: ollamaDetails,
  };
}

function nameIn(body: unknown): string {
  if (typeof body !== "object" || body === null) return "";
  const named: { model?: unknown; name?: unknown } = body;
  const name = named.model ?? named.name;
  return typeof name === "string" ? name : "";
}
