import * as z from "zod";
import { modelKindByName } from "../../domain/model/model-kind.ts";
import { modelsMax } from "./limits.ts";
import { describeNative } from "./native-routes.ts";
import {
  ListedModel,
  type ServedModel,
  type ServerDescription,
  type Software,
} from "./server-description.ts";
import { getJson } from "./small-call.ts";
import type { WireClient, WireFault } from "./wire-client.ts";

/** `absent`: nothing listens. `failing`: it errs, or says nothing in time. `locked`: it asks for another key. `other`: something that is no model server. */
export type Inspection =
  | { readonly kind: "model_server"; readonly server: ServerDescription }
  | { readonly kind: "absent" | "locked" | "other" | "failing"; readonly detail: string };

const ModelList = z.object({ data: z.array(ListedModel).max(modelsMax) });

const softwareByOwner: Readonly<Record<string, Software>> = {
  vllm: "vllm",
  sglang: "sglang",
  llamacpp: "llama.cpp",
  library: "ollama",
  user: "text-generation-webui",
  organization_owner: "lm-studio",
};

/**
 * Asks a server what it is, which models it has, which of them can chat, and how large their windows are. A valid
 * `/v1/models` is required, everything else is optional. Redirects are not followed. Never rejects; when the signal
 * aborts after the list has come, what is known by then is given.
 */
export async function inspectServer(client: WireClient, signal: AbortSignal): Promise<Inspection> {
  const answer = await getJson(client, "/v1/models", signal);
  if (answer.kind === "fault") return withoutAnswer(answer.fault);
  if (answer.status === 401 || answer.status === 403)
    return { kind: "locked", detail: `asks for another key (status ${answer.status})` };
  if (answer.status >= 300 && answer.status < 400)
    return { kind: "other", detail: `answers with a redirect (status ${answer.status})` };
  if (answer.status === 429 || answer.status >= 500)
    return { kind: "failing", detail: `fails with status ${answer.status}` };
  const list = ModelList.safeParse(answer.body);
  if (answer.status !== 200 || !list.success)
    return {
      kind: "other",
      detail: `is no model server (status ${answer.status} without a list of models)`,
    };
  const listed = list.data.data;
  const hint = softwareByOwner[String(listed[0]?.owned_by)];
  const native = await describeNative({ client, signal, listed, hint });
  const software =
    native?.software ?? (hint === "vllm" || hint === "sglang" ? hint : "openai-compatible");
  const models = listed.map(({ id, max_model_len: listedTokens }): ServedModel => {
    const own = native?.models.get(id);
    return {
      id,
      kind: own?.kind ?? modelKindByName(id),
      contextTokens: own?.contextTokens ?? listedTokens,
    };
  });
  return { kind: "model_server", server: { software, models } };
}

function withoutAnswer(fault: WireFault): Inspection {
  if (fault === "unreachable") return { kind: "absent", detail: "accepts no connection" };
  if (fault === "not_http") return { kind: "other", detail: "does not speak HTTP" };
  if (fault === "tls")
    return { kind: "other", detail: "does not speak TLS, or its certificate is not trusted" };
  return { kind: "failing", detail: "does not answer a request for its models in time" };
}
