import { Secret } from "@adyton/runtime/secret";
import { discoverBackends } from "./adapters/openai-compatible/discover.ts";
import { openBackend } from "./adapters/openai-compatible/backend.ts";
import { type BackendChoice, chooseBackend, type ChoiceOptions } from "./choose-backend.ts";
import type { BackendConfig } from "./config.ts";
import type { Backend, BackendHealth } from "./ports/backend.ts";
import { StartError } from "./start-error.ts";

export interface BackendsOptions extends Omit<ChoiceOptions, "discover"> {
  /** How servers are found; by default on the well-known ports of this machine. */
  readonly discover?: ChoiceOptions["discover"];
  readonly onHealthChange: (backend: Backend, health: BackendHealth) => void;
  /** A server was found after the start, when there had been none. */
  readonly onFoundLate: (choice: BackendChoice & { kind: "found" }) => void;
}

/** While no model server is known, it is looked for so often. */
export const lookAgainMs = 15_000;

/** The node's model server: settled at the start, or found later when one is started after the node. */
export class Backends implements AsyncDisposable {
  readonly #options: BackendsOptions;
  #current: Backend | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(options: BackendsOptions) {
    this.#options = options;
  }

  /** Settles the model server. Throws `StartError` for an address or a key file that cannot be used. */
  static async open(
    options: BackendsOptions,
  ): Promise<{ backends: Backends; choice: BackendChoice }> {
    const backends = new Backends(options);
    const choice = await chooseBackend({ ...options, discover: discoverOf(options) });
    if (choice.kind === "configured" || choice.kind === "found") backends.#use(choice.backend);
    if (choice.kind === "nothing_found") backends.#lookAgain();
    return { backends, choice };
  }

  get current(): Backend | undefined {
    return this.#current;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#current?.[Symbol.asyncDispose]();
  }

  #use(config: BackendConfig): void {
    const backend = openBackend({
      name: config.name,
      url: config.url,
      concurrency: config.concurrency,
      ...(config.model === undefined ? {} : { model: config.model }),
      ...(config.context_tokens === undefined ? {} : { contextTokens: config.context_tokens }),
      ...(config.api_key_file === undefined ? {} : { apiKey: readKey(config.api_key_file) }),
    });
    backend.onHealthChange((health) => this.#options.onHealthChange(backend, health));
    this.#current = backend;
    // Asked before the first question comes, so that health, model and window are known by then. It never rejects.
    void backend.start?.();
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

function discoverOf({ discover }: Pick<BackendsOptions, "discover">): ChoiceOptions["discover"] {
  return discover ?? (() => discoverBackends());
}

function readKey(file: string): Secret {
  try {
    return Secret.fromFile(file);
  } catch (error) {
    const message = error instanceof Error ? error.message : "it cannot be read";
    throw new StartError("backend_refused", `api_key_file ${file}: ${message}`, { cause: error });
  }
}
