import type { Health } from "@adyton/protocol";
import { plainLine } from "../terminal-text.ts";
import type { Translate } from "../texts/translate.ts";
import type { Client } from "../client.ts";
import { readNodeConfig } from "../config-reading.ts";
import { Failure } from "../failure.ts";
import { otherPort, portHolder } from "../listeners.ts";
import { readRunFile } from "../node-address.ts";
import { fail, ok, warn, type DoctorContext, type Finding } from "./finding.ts";
import { http } from "@adyton/runtime/node-http";

/** Where model servers listen unless told otherwise. */
const wellKnownPorts = new Map([
  [11_434, "Ollama"],
  [8_080, "llama.cpp"],
  [8_000, "vLLM"],
  [5_000, "text-generation-webui"],
  [1_234, "LM Studio"],
]);
const healthMsMax = 3_000;
const lookMsMax = 1_000;
const modelListCharsMax = 1024 * 1024;

/** The port, the node behind it, and the model servers around it. */
export async function networkChecks(
  context: DoctorContext,
  client: () => Promise<Client>,
): Promise<Finding[]> {
  const answer = await nodeAnswer(client);
  return [
    portCheck(context),
    nodeCheck(context, answer),
    ...clockChecks(context, answer),
    ...(await backendChecks(context, answer)),
  ];
}

type NodeAnswer =
  | { readonly kind: "node"; readonly health: Health }
  | { readonly kind: "silent" }
  | { readonly kind: "foreign"; readonly reason: string };

async function nodeAnswer(client: () => Promise<Client>): Promise<NodeAnswer> {
  try {
    const health = await (await client()).ask("getHealth", { quietMs: healthMsMax });
    return { kind: "node", health };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.code === "unreachable"
      ? { kind: "silent" }
      : { kind: "foreign", reason: error.message };
  }
}

function portCheck({ port, home, t }: DoctorContext): Finding {
  const who = portHolder(port, t);
  if (who === undefined) return ok("port", t("doctor.port_free", { port }));
  if (readRunFile(home)?.port === port) return ok("port", t("doctor.port_node", { port }));
  return fail(
    "port",
    t("doctor.port_taken", { port, who }),
    t("doctor.port_cure", { other: otherPort(port) }),
  );
}

function nodeCheck(context: DoctorContext, answer: NodeAnswer): Finding {
  const { t } = context;
  if (answer.kind === "silent")
    return warn("reach", t("doctor.node_silent"), t("doctor.node_start"));
  if (answer.kind === "foreign")
    return fail("reach", answer.reason, t("doctor.port_cure", { other: otherPort(context.port) }));
  const { status } = answer.health;
  if (status === "ok") return ok("reach", t("doctor.node_answers"));
  const finding = status === "failed" ? fail : warn;
  const state = t(`health.${status}`);
  return finding("reach", t("doctor.node_state", { state }), t("doctor.see_health"));
}

/** The clock beside the relay's, where there is a relay. */
function clockChecks({ home, t }: DoctorContext, answer: NodeAnswer): readonly Finding[] {
  const { outcome } = readNodeConfig(home);
  const relay = outcome.kind === "ok" ? outcome.value.relay : undefined;
  if (relay === undefined) return [];
  if (relay.link_key_file === undefined)
    return [warn("relay", t("doctor.clock_uncompared"), t("doctor.clock_key"))];
  const parts = answer.kind === "node" ? answer.health.parts : [];
  const part = parts.find(({ name }) => name === "clock");
  if (part === undefined) return [];
  const text = plainLine(part.detail ?? t(`health.${part.status}`));
  return [part.status === "ok" ? ok("relay", text) : warn("relay", text, t("doctor.clock_set"))];
}

/** The running node knows best which servers it uses; without one the configuration tells, then a look around. */
async function backendChecks(context: DoctorContext, answer: NodeAnswer): Promise<Finding[]> {
  const { port, home, t } = context;
  const parts = answer.kind === "node" ? answer.health.parts.filter(isModel) : [];
  if (parts.length > 0) return parts.map((part) => modelFinding(part, t));
  const { outcome } = readNodeConfig(home);
  const configured = outcome.kind === "ok" ? outcome.value.backends : [];
  const own = await Promise.all(
    configured.map(({ url, embedded }) =>
      embedded === undefined ? configuredFinding(url, t) : modelFileFinding(home, embedded, t),
    ),
  );
  if (own.length > 0) return own;
  const [newest] = await (await import("@adyton/core/models")).listModels(home);
  if (newest !== undefined) return [await modelFileFinding(home, newest.name, t)];
  const looks = [...wellKnownPorts].filter(([each]) => each !== port);
  const found = await Promise.all(
    looks.map(async ([each, name]) =>
      (await listsModels(modelsAddress(`http://127.0.0.1:${each}`)))
        ? `:${each} (${name}?)`
        : undefined,
    ),
  );
  const names = found.filter((name) => name !== undefined);
  if (names.length > 0) return [ok("models", t("doctor.models", { names: names.join(", ") }))];
  const ports = looks.map(([each]) => each).join(", ");
  return [warn("models", t("doctor.models_none", { ports }), t("doctor.models_cure"))];
}

/** The only model server is `model`, each of several `model:NAME`. */
const isModel = ({ name }: Health["parts"][number]): boolean => /^model(:|$)/.test(name);

/** A model that the node runs itself: whether its file and its engine are there. */
async function modelFileFinding(home: string, name: string, t: Translate): Promise<Finding> {
  const { isEngineInstalled, listModels } = await import("@adyton/core/models");
  const model = (await listModels(home)).find((each) => each.name === name);
  if (model?.file === undefined)
    return warn("models", t("doctor.model_file_bad", { name }), t("doctor.model_file_cure"));
  if (!isEngineInstalled())
    return warn("models", t("doctor.engine_missing"), t("doctor.model_file_cure"));
  return ok("models", t("doctor.model_file", { name }));
}

/** Over https the node asks with its key; here that key is not touched. */
async function configuredFinding(url: string, t: Translate): Promise<Finding> {
  if (!url.startsWith("http:")) return ok("models", t("doctor.models_unasked", { url }));
  return (await listsModels(modelsAddress(url)))
    ? ok("models", t("doctor.models_answers", { url }))
    : warn("models", t("doctor.models_silent", { url }), t("doctor.models_start"));
}

function modelFinding({ status, detail }: Health["parts"][number], t: Translate): Finding {
  const text = t("doctor.models_health", {
    detail: plainLine(detail ?? t(`health.${status}`)),
  });
  return status === "ok" ? ok("models", text) : warn("models", text, t("doctor.models_start"));
}

/** The list of models of a server, whose address may or may not end in `/v1`. */
function modelsAddress(url: string): URL {
  return new URL(`${url.replace(/\/+$/, "").replace(/\/v1$/, "")}/v1/models`);
}

/** Whether `/v1/models` answers with a list of models, or asks for a key, within a second. */
function listsModels(address: URL): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const asked = http.get(address, { agent: false }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > modelListCharsMax) response.destroy();
    });
    response.on("error", () => resolve(false));
    response.on("close", () => resolve(response.statusCode === 401 || isModelList(text)));
  });
  // A server that drips its answer is as good as none.
  const timer = setTimeout(() => asked.destroy(), lookMsMax);
  asked.on("error", () => resolve(false));
  asked.on("close", () => clearTimeout(timer));
  return promise;
}

function isModelList(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && Array.isArray(Reflect.get(value, "data"));
  } catch {
    return false;
  }
}
