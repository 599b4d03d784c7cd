import type { Client } from "../client.ts";
import { Failure } from "../failure.ts";
import { listenersOn, processOf } from "../listeners.ts";
import { readRunFile } from "../node-address.ts";
import { plainLine } from "../terminal-text.ts";
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
const lookMsMax = 1_000;
const modelListBytesMax = 1024 * 1024;

/** The port, the node behind it, and the model servers around it. */
export async function networkChecks(
  context: DoctorContext,
  client: () => Promise<Client>,
): Promise<Finding[]> {
  const answer = await nodeAnswer(client);
  return [
    portCheck(context, answer.kind === "node"),
    nodeCheck(context, answer),
    ...(await backendChecks(context)),
  ];
}

type NodeAnswer =
  | { readonly kind: "node"; readonly status: "ok" | "degraded" | "failed" }
  | { readonly kind: "silent" }
  | { readonly kind: "foreign"; readonly reason: string };

async function nodeAnswer(client: () => Promise<Client>): Promise<NodeAnswer> {
  try {
    const { status } = await (await client()).ask("getHealth");
    return { kind: "node", status };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error.code === "unreachable"
      ? { kind: "silent" }
      : { kind: "foreign", reason: error.message };
  }
}

function portCheck({ port, home, t }: DoctorContext, isNode: boolean): Finding {
  const listeners = listenersOn(port);
  if (listeners.length === 0) return ok("port", t("doctor.port_free", { port }));
  const holder = listeners.map(({ inode }) => processOf(inode)).find((each) => each !== undefined);
  const running = readRunFile(home);
  if (isNode && (running === undefined || running.port === port))
    return ok("port", t("doctor.port_node", { port }));
  const who =
    holder === undefined
      ? t("doctor.port_uid", { uid: listeners[0]?.uid ?? "?" })
      : t("doctor.port_process", {
          pid: holder.pid,
          command: plainLine(holder.command).slice(0, 80),
        });
  return fail(
    "port",
    t("doctor.port_taken", { port, who }),
    t("doctor.port_cure", { other: port === 65_535 ? 7_861 : port + 1 }),
  );
}

function nodeCheck({ t }: DoctorContext, answer: NodeAnswer): Finding {
  if (answer.kind === "silent")
    return warn("reach", t("doctor.node_silent"), t("doctor.node_start"));
  if (answer.kind === "foreign")
    return fail("reach", answer.reason, t("doctor.port_cure", { other: 7_861 }));
  if (answer.status === "ok") return ok("reach", t("doctor.node_answers"));
  const finding = answer.status === "failed" ? fail : warn;
  const state = t(`health.${answer.status}`);
  return finding("reach", t("doctor.node_state", { state }), "adyton health");
}

async function backendChecks({ port, t }: DoctorContext): Promise<Finding[]> {
  const looks = [...wellKnownPorts].filter(([each]) => each !== port);
  const found = await Promise.all(
    looks.map(async ([each, name]) => ((await listsModels(each)) ? `${name} :${each}` : undefined)),
  );
  const names = found.filter((name) => name !== undefined);
  if (names.length > 0) return [ok("models", t("doctor.models", { names: names.join(", ") }))];
  const ports = looks.map(([each]) => each).join(", ");
  return [warn("models", t("doctor.models_none", { ports }), t("doctor.models_cure"))];
}

/** Whether `/v1/models` of a local port answers with a list of models. */
function listsModels(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const asked = http.get(
    { host: "127.0.0.1", port, path: "/v1/models", agent: false, timeout: lookMsMax },
    (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > modelListBytesMax) response.destroy();
      });
      response.on("close", () => resolve(isModelList(text)));
    },
  );
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
