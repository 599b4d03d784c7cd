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
  /** The caller's, and the one that also ends when the time is over. */
  readonly caller: AbortSignal;
  readonly signal: AbortSignal;
  readonly embedMsMax: number;
}

/** Has a server's embedding model turn texts into vectors, once. Never rejects. */
export async function embedTexts(
  client: WireClient,
  { texts, model, signal, caller, embedMsMax }: Embedding,
): Promise<EmbedOutcome> {
  const broken = (): EmbedOutcome =>
    caller.aborted
      ? failed({ reason: "cancelled", detail: failureWords.cancelled })
      : signal.aborted
        ? failed({ reason: "timed_out", detail: failureWords.tooSlow(embedMsMax / 1_000) })
        : failed(faultFailure("reset"));
  if (signal.aborted) return broken();
  const exchange = client.send({
    method: "POST",
    path: "/v1/embeddings",
    body: JSON.stringify({ model, input: texts, encoding_format: "float" }),
  });
  const close = (): void => exchange.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    const got = await exchange.response;
    if (got.kind === "fault") return signal.aborted ? broken() : failed(faultFailure(got.fault));
    const status = got.response.status;
    const body = await readBody(got.response, embedBytesMax);
    if (body.kind === "broken") return broken();
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
