import type { GenerateRequest } from "@adyton/protocol";
import { estimateTokens } from "../../domain/model/token-estimate.ts";
import type { ChatSettings } from "../../ports/backend.ts";
import type { CallOf, Handlers, Reply } from "../../ports/http.ts";
import type { BackendPool } from "../backend-pool.ts";
import type { ClientContext } from "../client-context.ts";
import { replayedHeader } from "../idempotency.ts";
import { newConversationName } from "../identifiers.ts";
import type { KeyedTurns } from "../keyed-turns.ts";
import type { ModelNames } from "../openai/model-names.ts";
import { digestOf } from "../openai/chat-context.ts";

export interface TextGenerationOptions {
  readonly keyed: KeyedTurns;
  readonly names: ModelNames;
  readonly backends: BackendPool;
}

/** The handlers of text-generation-webui's former API. */
export function textGenerationHandlers(
  options: TextGenerationOptions,
): Pick<Handlers, "generate" | "getLoadedModel" | "askModel" | "countTokens"> {
  const { names, backends } = options;
  return {
    generate: (call) => generate(options, call),
    getLoadedModel: async ({ principal }) => ({
      kind: "json",
      body: { result: await names.loaded(principal) },
    }),
    askModel: async ({ body, principal }) => ({
      kind: "json",
      body: {
        result:
          body.action === "list"
            ? (await names.all(principal)).map(({ id }) => id)
            : await names.loaded(principal),
      },
    }),
    countTokens: async ({ body: { prompt }, signal }) => {
      const backend = backends.first("chat");
      const tokens =
        (await backend?.countExact?.(prompt, signal)) ??
        backend?.countTokens(prompt) ??
        estimateTokens(prompt);
      return { kind: "json", body: { results: [{ tokens }] } };
    },
  };
}

async function generate(
  { keyed }: TextGenerationOptions,
  call: CallOf<"generate">,
): Promise<Reply> {
  const turn = await keyed.admit(call, {
    conversation: newConversationName(),
    text: call.body.prompt,
    context: contextOf(call.body),
    detached: false,
    watched: false,
  });
  if (turn.kind === "replayed") return results(turn.answer.text, replayedHeader);
  if (call.signal.aborted) turn.leave();
  else call.signal.addEventListener("abort", turn.leave, { once: true });
  const end = await turn.run.end;
  return end.kind === "failed"
    ? { kind: "problem", problem: end.problem }
    : results(end.answer.text);
}

function contextOf(request: GenerateRequest): ClientContext {
  const { prompt, max_new_tokens, max_length, stopping_strings: stop } = request;
  const messages = [{ role: "user" as const, content: prompt }];
  return {
    messages,
    settings: { ...samplingOf(request), ...(stop?.length ? { stop } : {}) },
    answerTokensMax: max_new_tokens ?? max_length ?? undefined,
    noted: { messages: 1, sha256: digestOf(messages) },
  };
}

/** What every model server knows. -1 was that program's word for a random seed. */
function samplingOf(request: GenerateRequest): ChatSettings {
  const { temperature, top_p, top_k, min_p, repetition_penalty, seed } = request;
  const given = { temperature, top_p, top_k, min_p, repetition_penalty, seed };
  return Object.fromEntries(
    Object.entries(given).filter(([key, value]) => value != null && !(key === "seed" && value < 0)),
  );
}

function results(text: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return { kind: "json", body: { results: [{ text }] }, headers };
}
