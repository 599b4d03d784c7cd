import { errorBytesMax, listBytesMax } from "./limits.ts";
import { parseJson, readBody, type WireClient, type WireFault } from "./wire-client.ts";

export type JsonAnswer =
  | { readonly kind: "answer"; readonly status: number; readonly body: unknown }
  | { readonly kind: "fault"; readonly fault: WireFault };

const closed: JsonAnswer = { kind: "fault", fault: "closed" };

/** One small request, ended by the signal. The body is `undefined` when it is too large or no JSON. Never rejects. */
export async function getJson(
  client: WireClient,
  path: string,
  signal: AbortSignal,
  post?: unknown,
): Promise<JsonAnswer> {
  if (signal.aborted) return closed;
  const exchange = client.send(
    post === undefined
      ? { method: "GET", path }
      : { method: "POST", path, body: JSON.stringify(post) },
  );
  const abort = (): void => exchange.close();
  signal.addEventListener("abort", abort, { once: true });
  try {
    const got = await exchange.response;
    if (got.kind === "fault") return got;
    const status = got.response.status;
    const body = await readBody(got.response, status === 200 ? listBytesMax : errorBytesMax);
    if (body.kind === "broken") return closed;
    return {
      kind: "answer",
      status,
      body: body.kind === "complete" ? parseJson(body.text) : undefined,
    };
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Whether anything answers, on a connection of its own: a sign of life, whatever it says. Never rejects. */
export async function isAlive(client: WireClient, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  const exchange = client.send({ method: "GET", path: "/v1/models", isSeparate: true });
  const abort = (): void => exchange.close();
  signal.addEventListener("abort", abort, { once: true });
  const got = await exchange.response;
  signal.removeEventListener("abort", abort);
  exchange.close();
  return got.kind === "response";
}
