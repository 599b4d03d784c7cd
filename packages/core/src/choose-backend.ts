import type { FoundBackend } from "./adapters/openai-compatible/discover.ts";
import type { BackendConfig, NodeConfig } from "./config.ts";
import { BackendConfig as BackendSchema } from "./config.ts";
import { StartError } from "./start-error.ts";

/** A model server that was found on this machine and can chat. */
export interface ChatServer {
  readonly url: string;
  readonly software: string;
  readonly model: string;
  readonly models: readonly string[];
}

export interface ChoiceOptions {
  /** `auto`, `none`, or an address; absent, the configuration decides, then what is found. */
  readonly backend: string | undefined;
  readonly model: string | undefined;
  readonly config: NodeConfig;
  readonly discover: () => Promise<readonly FoundBackend[]>;
  /** Asks a person which of several to take. Absent where nobody can be asked. */
  readonly ask?: ((found: readonly ChatServer[]) => Promise<number>) | undefined;
}

export type BackendChoice =
  | { readonly kind: "configured"; readonly backend: BackendConfig }
  | {
      readonly kind: "found";
      readonly backend: BackendConfig;
      readonly among: readonly ChatServer[];
      readonly pin: boolean;
    }
  | { readonly kind: "nothing_found"; readonly others: readonly string[] }
  | { readonly kind: "none" };

/** Settles which model server the node uses. Throws `StartError` `backend_refused` for an address that is none. */
export async function chooseBackend(options: ChoiceOptions): Promise<BackendChoice> {
  const { backend, model, config } = options;
  if (backend === "none") return { kind: "none" };
  if (backend !== undefined && backend !== "auto")
    return { kind: "configured", backend: fromAddress(backend, model) };
  const [configured] = config.backends;
  if (configured !== undefined && backend === undefined) {
    return {
      kind: "configured",
      backend: model === undefined ? configured : { ...configured, model },
    };
  }
  const found = await options.discover();
  const servers = found.flatMap((each) => chatServer(each, model));
  const others = found.flatMap((each) =>
    each.kind === "something_else" ? [`${each.url}: ${each.detail}`] : [],
  );
  if (servers.length === 0) return { kind: "nothing_found", others };
  const isAsked = options.ask !== undefined && backend === undefined;
  const index = isAsked && servers.length > 1 ? await options.ask(servers) : 0;
  const server = servers[index] ?? servers[0];
  if (server === undefined) return { kind: "nothing_found", others };
  return {
    kind: "found",
    backend: fromAddress(server.url, server.model),
    among: servers,
    pin: isAsked,
  };
}

/** Without a wish, the first model that can chat; with one, only a server that has it. */
function chatServer(found: FoundBackend, wanted: string | undefined): ChatServer[] {
  if (found.kind !== "model_server") return [];
  const models = found.models.filter((each) => each.kind === "chat").map((each) => each.id);
  const model =
    wanted === undefined
      ? models[0]
      : models.find((name) => name === wanted || name === `${wanted}:latest`);
  return model === undefined ? [] : [{ url: found.url, software: found.software, model, models }];
}

function fromAddress(url: string, model: string | undefined): BackendConfig {
  const parsed = BackendSchema.safeParse({ url, ...(model === undefined ? {} : { model }) });
  if (parsed.success) return parsed.data;
  throw new StartError(
    "backend_refused",
    `${JSON.stringify(url)} is not the address of a model server. Example: --backend http://127.0.0.1:11434`,
  );
}
