import { type Bilingual, embeddingsAtOnceMax, problem } from "@adyton/protocol";
import { ProblemError } from "../../domain/problem-error.ts";
import type { CallOf, Handlers, Reply } from "../../ports/http.ts";
import type { BackendPool } from "../backend-pool.ts";
import { chatProblem } from "../answering.ts";
import { embedders } from "../openai/embedders.ts";
import { problemWords } from "../problem-words.ts";
import { createChatCompletion } from "./chat-completions.ts";
import { createResponse, type ResponsesOptions } from "./responses.ts";

export interface OpenAiOptions extends ResponsesOptions {
  readonly backends: BackendPool;
}

/** The handlers of what OpenAI's clients call. */
export function openAiHandlers(
  options: OpenAiOptions,
): Pick<
  Handlers,
  | "createChatCompletion"
  | "createResponse"
  | "listModels"
  | "getModel"
  | "getModelByPath"
  | "createEmbeddings"
> {
  const { names } = options;
  const atOnce = { embeddings: 0 };
  return {
    createChatCompletion: (call) => createChatCompletion(options, call),
    createResponse: (call) => createResponse(options, call),
    listModels: async ({ principal }) => ({
      kind: "json",
      body: { object: "list", data: await names.all(principal) },
    }),
    getModel: async ({ params, principal }) => ({
      kind: "json",
      body: await names.one(params.id, principal),
    }),
    getModelByPath: async ({ params, principal }) => ({
      kind: "json",
      body: await names.one(`${params.owner}/${params.name}`, principal),
    }),
    createEmbeddings: async (call) => {
      await names.requireEmbedding(call.body.model, call.principal);
      if (atOnce.embeddings === embeddingsAtOnceMax) throw busy(options.language);
      atOnce.embeddings += 1;
      try {
        return await createEmbeddings(options, call);
      } finally {
        atOnce.embeddings -= 1;
      }
    },
  };
}

async function createEmbeddings(
  { backends, language }: OpenAiOptions,
  { body: request, signal }: CallOf<"createEmbeddings">,
): Promise<Reply> {
  const texts = typeof request.input === "string" ? [request.input] : request.input;
  using lease = await backends.lease({ ...embedders(backends).request, signal });
  const outcome = await lease?.backend.embed?.(texts, signal);
  if (outcome === undefined)
    throw new ProblemError(
      problem("unknown_model", { detail: problemWords.embeddingNeeded[language] }),
    );
  if (outcome.kind === "failed") throw chatProblem(outcome, language);
  const length = outcome.vectors[0]?.length ?? 0;
  const { dimensions } = request;
  if (dimensions != null && dimensions !== length) {
    const message = `must be left out, or ${length}, which is what the model gives`;
    throw new ProblemError(problem("invalid_body", { errors: [{ path: "/dimensions", message }] }));
  }
  const isBase64 = request.encoding_format === "base64";
  const prompt_tokens =
    outcome.promptTokens ??
    texts.reduce((sum, text) => sum + (lease?.backend.countTokens(text) ?? 0), 0);
  const data = outcome.vectors.map((vector, index) => ({
    object: "embedding",
    index,
    embedding: isBase64 ? base64Of(vector) : [...vector],
  }));
  const usage = { prompt_tokens, total_tokens: prompt_tokens };
  return { kind: "json", body: { object: "list", model: request.model, data, usage } };
}

/** Little-endian 32-bit floats, whatever the machine's own order is. */
function base64Of(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString("base64");
}

const busyRetrySeconds = 2;

function busy(language: keyof Bilingual): ProblemError {
  const detail = problemWords.embeddingsFull[language];
  return new ProblemError(problem("busy", { detail, retryAfterSeconds: busyRetrySeconds }));
}
