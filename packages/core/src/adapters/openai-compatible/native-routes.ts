import * as z from "zod";
import type { ModelKind } from "../../domain/model/model-kind.ts";
import { ollamaShowMax } from "./limits.ts";
import { Tokens, type ListedModel, type Software } from "./server-description.ts";
import { getJson } from "./small-call.ts";
import type { WireClient } from "./wire-client.ts";

interface NativeModel {
  readonly kind?: ModelKind | undefined;
  readonly contextTokens?: number | undefined;
}

export interface NativeDescription {
  readonly software: Software;
  readonly models: ReadonlyMap<string, NativeModel>;
}

interface Asking {
  readonly client: WireClient;
  readonly signal: AbortSignal;
  readonly listed: readonly ListedModel[];
  readonly hint: Software | undefined;
}

type Route = (asking: Asking) => Promise<NativeDescription | undefined>;

const routes: Partial<Record<Software, Route>> = {
  ollama: askOllama,
  "lm-studio": askLmStudio,
  "llama.cpp": askLlamaCpp,
  "text-generation-webui": askTextGenerationWebui,
};

/**
 * What a server says on the routes of its own, beside OpenAI's. The list's `owned_by` says whom to ask first; when that
 * guess is wrong or missing, all are asked. `undefined` when none answers.
 */
export async function describeNative(asking: Asking): Promise<NativeDescription | undefined> {
  const { hint } = asking;
  if (hint === "vllm" || hint === "sglang") return undefined;
  const first = hint === undefined ? undefined : await routes[hint]?.(asking);
  if (first !== undefined) return first;
  const rest = Object.entries(routes).filter(([software]) => software !== hint);
  const found = await Promise.all(rest.map(([, ask]) => ask(asking)));
  return found.find((description) => description !== undefined);
}

const tokens = Tokens.optional().catch(undefined);

const LlamaProps = z.object({ default_generation_settings: z.object({ n_ctx: tokens }) });

/** llama.cpp: `/props` states the window of one slot, which is what a request has. */
async function askLlamaCpp({
  client,
  signal,
  listed,
}: Asking): Promise<NativeDescription | undefined> {
  const answer = await getJson(client, "/props", signal);
  const props = answer.kind === "answer" ? LlamaProps.safeParse(answer.body) : undefined;
  if (props?.success !== true) return undefined;
  const contextTokens = props.data.default_generation_settings.n_ctx;
  const models = new Map(listed.map(({ id }) => [id, { contextTokens }]));
  return { software: "llama.cpp", models };
}

const LmStudioList = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      type: z.string(),
      loaded_context_length: tokens,
    }),
  ),
});

/** LM Studio: `/api/v0/models` states type and, for a loaded model, the window it was loaded with. */
async function askLmStudio({ client, signal }: Asking): Promise<NativeDescription | undefined> {
  const answer = await getJson(client, "/api/v0/models", signal);
  const list = answer.kind === "answer" ? LmStudioList.safeParse(answer.body) : undefined;
  if (list?.success !== true) return undefined;
  const models = new Map<string, NativeModel>();
  for (const { id, type, loaded_context_length: contextTokens } of list.data.data) {
    const kind =
      type === "embeddings" ? "embedding" : type === "llm" || type === "vlm" ? "chat" : undefined;
    models.set(id, { kind, contextTokens });
  }
  return { software: "lm-studio", models };
}

const WebuiInfo = z.object({
  model_name: z.string(),
  truncation_length: tokens,
  ctx_size: tokens,
  max_seq_len: tokens,
});

/** text-generation-webui: one model is loaded whatever the list says, and its window counts for any name. */
async function askTextGenerationWebui(asking: Asking): Promise<NativeDescription | undefined> {
  const answer = await getJson(asking.client, "/v1/internal/model/info", asking.signal);
  const info = answer.kind === "answer" ? WebuiInfo.safeParse(answer.body) : undefined;
  if (info?.success !== true) return undefined;
  const { truncation_length: truncated, ctx_size: size, max_seq_len: length } = info.data;
  const contextTokens = truncated ?? size ?? length;
  const models = new Map(asking.listed.map(({ id }) => [id, { contextTokens }]));
  return { software: "text-generation-webui", models };
}

const OllamaTags = z.object({
  models: z.array(
    z.object({
      name: z.string(),
      details: z.object({ families: z.array(z.string()).nullish() }).nullish(),
    }),
  ),
});
const OllamaRunning = z.object({
  models: z.array(z.object({ name: z.string(), context_length: tokens })),
});
const OllamaShown = z.object({
  capabilities: z.array(z.string()).nullish(),
  parameters: z.string().nullish(),
});

/**
 * Ollama: a running model states its window in `/api/ps`; one that is not running gets the `num_ctx` of its Modelfile,
 * or a default that depends on the machine and that no route states. The trained window in `model_info` is not the one
 * in force: Ollama cuts a longer prompt off silently, so it must not be taken for it.
 */
async function askOllama({
  client,
  signal,
  listed,
}: Asking): Promise<NativeDescription | undefined> {
  const [tagsAnswer, runningAnswer] = await Promise.all([
    getJson(client, "/api/tags", signal),
    getJson(client, "/api/ps", signal),
  ]);
  const tags = tagsAnswer.kind === "answer" ? OllamaTags.safeParse(tagsAnswer.body) : undefined;
  if (tags?.success !== true) return undefined;
  const running =
    runningAnswer.kind === "answer" ? OllamaRunning.safeParse(runningAnswer.body) : undefined;
  const models = new Map<string, NativeModel>();
  for (const { name, details } of tags.data.models)
    models.set(name, { kind: kindByFamilies(details?.families ?? []) });
  const shown = await Promise.all(
    listed.slice(0, ollamaShowMax).map(async ({ id }) => ({
      id,
      answer: await getJson(client, "/api/show", signal, { model: id }),
    })),
  );
  for (const { id, answer } of shown) {
    const show = answer.kind === "answer" ? OllamaShown.safeParse(answer.body) : undefined;
    if (show?.success !== true) continue;
    const kind = kindByCapabilities(show.data.capabilities ?? []) ?? models.get(id)?.kind;
    models.set(id, { kind, contextTokens: windowOfModelfile(show.data.parameters ?? "") });
  }
  for (const { name, context_length: contextTokens } of running?.data?.models ?? [])
    for (const id of [name, name.replace(/:latest$/, "")])
      models.set(id, {
        ...models.get(id),
        contextTokens: contextTokens ?? models.get(id)?.contextTokens,
      });
  return { software: "ollama", models };
}

function kindByCapabilities(capabilities: readonly string[]): ModelKind | undefined {
  if (capabilities.includes("completion")) return "chat";
  return capabilities.includes("embedding") ? "embedding" : undefined;
}

function kindByFamilies(families: readonly string[]): ModelKind | undefined {
  return families.some((family) => family.endsWith("bert")) ? "embedding" : undefined;
}

function windowOfModelfile(parameters: string): number | undefined {
  const digits = /^\s*num_ctx\s+(\d{1,9})\s*$/m.exec(parameters)?.[1];
  const parsed = Tokens.safeParse(digits === undefined ? undefined : Number(digits));
  return parsed.success ? parsed.data : undefined;
}
