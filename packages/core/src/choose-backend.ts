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
  | { readonly kind: "configured"; readonly backends: readonly BackendConfig[] }
  | {
      readonly kind: "found";
      readonly backend: BackendConfig;
      readonly among: readonly ChatServer[];
      /** Whether the choice is to be kept in the configuration, because a person is there to see it. */
      readonly pin: boolean;
    }
  | { readonly kind: "nothing_found"; readonly others: readonly string[] }
  | { readonly kind: "none" };

/**
 * Settles which model servers answer: the flag's, the configured ones, or one that is found. Throws `StartError`
 * `backend_refused` for an address or a model's name that is none; the message never holds the address.
 */
export async function chooseBackend(options: ChoiceOptions): Promise<BackendChoice> {
  const { backend, model, config } = options;
  if (backend === "none") return { kind: "none" };
  if (backend !== undefined && backend !== "auto")
    return { kind: "configured", backends: [fromAddress(backend, model, config)] };
  const configured = config.backends.filter(({ roles }) => roles.includes("chat"));
  const isConfigured = configured.length > 0 || config.workers !== undefined;
  if (isConfigured && backend === undefined) {
    const wish = model === undefined ? {} : { model };
    return { kind: "configured", backends: configured.map((each) => ({ ...each, ...wish })) };
  }
  const found = await options.discover();
  const servers = found.flatMap((each) => chatServer(each, model));
  const others = found.flatMap((each) =>
    each.kind === "something_else" ? [`${each.url}: ${each.detail}`] : [],
  );
  const [first] = servers;
  if (first === undefined) return { kind: "nothing_found", others };
  // A flag is a wish for this start alone: nobody is asked, and nothing is kept.
  const ask = backend === undefined ? options.ask : undefined;
  const index = ask === undefined || servers.length === 1 ? 0 : await ask(servers);
  const server = servers[index] ?? first;
  return {
    kind: "found",
    backend: fromAddress(server.url, server.model, config),
    among: servers,
    pin: ask !== undefined,
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

/** A server nobody named is `default`, or `chat` beside one that has that name and another role. */
function fromAddress(
  url: string,
  model: string | undefined,
  { backends }: NodeConfig,
): BackendConfig {
  const others = backends.filter(({ roles }) => !roles.includes("chat"));
  const name = others.some((each) => each.name === "default") ? "chat" : "default";
  const wish = model === undefined ? {} : { model };
  const parsed = BackendSchema.safeParse({ name, url, ...wish });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const what = issue?.path[0] === "model" ? "The model's name" : "The model server's address";
  throw new StartError(
    "backend_refused",
    `${what} is refused: ${issue?.message ?? "it is invalid"}. Example: --backend http://127.0.0.1:11434`,
  );
}
