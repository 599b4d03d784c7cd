import { Secret } from "@adyton/runtime/secret";
import { discoverBackends } from "./adapters/openai-compatible/discover.ts";
import { BackendError } from "./adapters/openai-compatible/address.ts";
import { type BackendOptions, openBackend } from "./adapters/openai-compatible/backend.ts";
import { BackendPool } from "./app/backend-pool.ts";
import { type BackendChoice, chooseBackend, type ChoiceOptions } from "./choose-backend.ts";
import type { BackendConfig, NodeConfig } from "./config.ts";
import type { Backend, BackendHealth } from "./ports/backend.ts";
import type { ServerHost } from "./ports/server-host.ts";
import { StartError } from "./start-error.ts";

export interface BackendsOptions extends Omit<ChoiceOptions, "discover"> {
  /** Starts the server of a backend that the node runs itself. */
  readonly hostFor?: (config: BackendConfig) => ServerHost | undefined;
  /** How servers are found; by default on the well-known ports of this machine. */
  readonly discover?: ChoiceOptions["discover"];
  readonly onHealthChange: (backend: Backend, health: BackendHealth) => void;
  /** A server was found after the start, when there had been none. */
  readonly onFoundLate: (choice: BackendChoice & { kind: "found" }) => void;
}

/** While no model server is known, it is looked for so often. */
export const lookAgainMs = 15_000;

/** The node's model servers: settled at the start, or found later when one is started after the node. */
export class Backends implements AsyncDisposable {
  readonly #options: BackendsOptions;
  readonly pool = new BackendPool();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(options: BackendsOptions) {
    this.#options = options;
  }

  /** Settles the model servers. Throws `StartError` for an address or a key file that cannot be used. */
  static async open(
    options: BackendsOptions,
  ): Promise<{ backends: Backends; choice: BackendChoice }> {
    const backends = new Backends(options);
    const choice = await chooseBackend({ ...options, discover: discoverOf(options) });
    if (choice.kind === "configured") for (const each of choice.backends) backends.#use(each);
    if (choice.kind === "found") backends.#use(choice.backend);
    if (choice.kind === "nothing_found") backends.#lookAgain();
    if (choice.kind !== "none") backends.#useOthers(options.config);
    // A server named at the start takes the place of all that answer chats.
    if (options.backend === undefined) await backends.#useWorkers(options.config);
    return { backends, choice };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.all(this.pool.members.map(({ backend }) => backend[Symbol.asyncDispose]()));
  }

  /** What is configured for anything but chats stays, wherever the chats go. */
  #useOthers({ backends }: NodeConfig): void {
    for (const each of backends) if (!each.roles.includes("chat")) this.#use(each);
  }

  async #useWorkers({ workers, turns }: NodeConfig): Promise<void> {
    if (workers === undefined) return;
    const { openWorkers } = await import("./open-workers.ts");
    const budgetMs = turns.wall_seconds * 1_000;
    this.#add(await openWorkers(workers, { budgetMs }), {
      roles: ["chat"],
      weight: workers.weight,
    });
  }

  #use(config: BackendConfig): void {
    const host = this.#options.hostFor?.(config);
    const apiKey = config.api_key_file === undefined ? undefined : readKey(config.api_key_file);
    const backend = opened({
      name: config.name,
      url: host?.url ?? config.url,
      ...(host === undefined ? {} : { host }),
      concurrency: config.concurrency,
      kind: kindFor(config),
      ...(config.model === undefined ? {} : { model: config.model }),
      ...(config.context_tokens === undefined ? {} : { contextTokens: config.context_tokens }),
      ...(apiKey === undefined ? {} : { apiKey }),
    });
    this.#add(backend, config);
    // Asked before the first question comes, so that health, model and window are known by then. It never rejects.
    void backend.start?.();
  }

  #add(
    backend: Backend,
    { roles, weight, vision: sees }: Pick<BackendConfig, "roles" | "weight" | "vision">,
  ): void {
    backend.onHealthChange((health) => this.#options.onHealthChange(backend, health));
    this.pool.add({ backend, roles, weight, sees });
  }

  #lookAgain(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      // A search that fails is one that found nothing: the next one follows.
      this.#look().catch(() => this.#lookAgain());
    }, lookAgainMs).unref();
  }

  async #look(): Promise<void> {
    const { ask: _nobodyIsAskedNow, ...options } = this.#options;
    const choice = await chooseBackend({ ...options, discover: discoverOf(options) });
    if (this.#closed) return;
    if (choice.kind !== "found") {
      this.#lookAgain();
      return;
    }
    this.#use(choice.backend);
    this.#options.onFoundLate(choice);
  }
}

/** What kind of model a role asks for. Verifying is chatting. */
function kindFor({ roles }: BackendConfig): "chat" | "embedding" | "other" {
  if (roles.includes("chat") || roles.includes("verifier")) return "chat";
  return roles.includes("embeddings") ? "embedding" : "other";
}

function discoverOf({ discover }: Pick<BackendsOptions, "discover">): ChoiceOptions["discover"] {
  return discover ?? (() => discoverBackends());
}

function opened(options: BackendOptions): Backend {
  try {
    return openBackend(options);
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    const message = `the model server ${options.name}: ${error.message}`;
    throw new StartError("backend_refused", message, { cause: error });
  }
}

function readKey(file: string): Secret {
  try {
    return Secret.fromFile(file);
  } catch (error) {
    const message = error instanceof Error ? error.message : "it cannot be read";
    throw new StartError("backend_refused", `api_key_file ${file}: ${message}`, { cause: error });
  }
}
