import * as z from "zod";
import type { EmbedOutcome } from "../../ports/backend.ts";
import { modelOf } from "./chat-wire.ts";
import { failureWords } from "./failure-words.ts";
import { faultFailure, invalidAnswer, readServerError, statusFailure } from "./failures.ts";
import { embedBytesMax } from "./limits.ts";
import { parseJson, readBody, type WireClient } from "./wire-client.ts";

const EmbeddingAnswer = z.object({
  model: z.unknown().optional(),
  data: z.array(
    z.object({ index: z.int().nonnegative(), embedding: z.array(z.number()).nonempty() }),
  ),
  usage: z.object({ prompt_tokens: z.int().nonnegative() }).optional().catch(undefined),
});

interface Embedding {
  readonly texts: readonly string[];
  readonly model: string;
  readonly signal: AbortSignal;
}

/** Has a server's embedding model turn texts into vectors, once. Never rejects. */
export async function embedTexts(
  client: WireClient,
  { texts, model, signal }: Embedding,
): Promise<EmbedOutcome> {
  if (signal.aborted) return broken(signal);
  const exchange = client.send({
    method: "POST",
    path: "/v1/embeddings",
    body: JSON.stringify({ model, input: texts, encoding_format: "float" }),
  });
  const close = (): void => exchange.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    const got = await exchange.response;
    if (got.kind === "fault")
      return signal.aborted ? broken(signal) : failed(faultFailure(got.fault));
    const status = got.response.status;
    const body = await readBody(got.response, embedBytesMax);
    if (body.kind === "broken") return broken(signal);
    const json = body.kind === "complete" ? parseJson(body.text) : undefined;
    if (status !== 200) return failed(statusFailure({ status, error: readServerError(json) }));
    return embedded(json, { texts, model });
  } finally {
    signal.removeEventListener("abort", close);
  }
}

function embedded(json: unknown, asked: Pick<Embedding, "texts" | "model">): EmbedOutcome {
  const parsed = EmbeddingAnswer.safeParse(json);
  if (!parsed.success) return failed(invalidAnswer(failureWords.badVectors));
  const { data, model, usage } = parsed.data;
  const vectors = data
    .toSorted((a, b) => a.index - b.index)
    .map(({ embedding }) => Float32Array.from(embedding));
  const places = new Set(data.map(({ index }) => index));
  const lengths = new Set(vectors.map(({ length }) => length));
  const isEach = places.size === asked.texts.length && data.length === places.size;
  if (!isEach || lengths.size !== 1) return failed(invalidAnswer(failureWords.badVectors));
  return {
    kind: "embedded",
    vectors,
    model: modelOf(model, asked.model),
    ...(usage === undefined ? {} : { promptTokens: usage.prompt_tokens }),
  };
}

function failed({
  reason,
  detail,
}: Pick<EmbedOutcome & { kind: "failed" }, "reason" | "detail">): EmbedOutcome {
  return { kind: "failed", reason, detail };
}

function broken(signal: AbortSignal): EmbedOutcome {
  return signal.aborted
    ? { kind: "failed", reason: "cancelled", detail: failureWords.cancelled }
    : failed(faultFailure("reset"));
}
