import * as z from "zod";
import type { Software } from "./server-description.ts";
import { getJson } from "./small-call.ts";
import type { WireClient } from "./wire-client.ts";

const LlamaTokens = z.object({ tokens: z.array(z.unknown()) });
const CountedTokens = z.object({ count: z.int().nonnegative() });
const WebuiLength = z.object({ length: z.int().nonnegative() });

/** Tokens of a text by the server's own tokenizer; `undefined` where the server offers none or did not answer. */
export async function countExactly(
  client: WireClient,
  software: Software,
  {
    model,
    text,
    signal,
  }: { readonly model: string; readonly text: string; readonly signal: AbortSignal },
): Promise<number | undefined> {
  if (software === "llama.cpp") {
    const body = await post(client, "/tokenize", { content: text }, signal);
    return LlamaTokens.safeParse(body).data?.tokens.length;
  }
  if (software === "vllm" || software === "sglang") {
    const body = await post(
      client,
      "/tokenize",
      { model, prompt: text, add_special_tokens: false },
      signal,
    );
    return CountedTokens.safeParse(body).data?.count;
  }
  if (software === "text-generation-webui") {
    const body = await post(client, "/v1/internal/token-count", { text }, signal);
    return WebuiLength.safeParse(body).data?.length;
  }
  return undefined;
}

async function post(
  client: WireClient,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const answer = await getJson(client, path, signal, body);
  return answer.kind === "answer" && answer.status === 200 ? answer.body : undefined;
}
