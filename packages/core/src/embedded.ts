import { existsSync } from "node:fs";
import { join } from "node:path";
import type { BackendConfig, NodeConfig } from "./config.ts";
import type { ServerHost } from "./ports/server-host.ts";

/** The models that the node runs itself, between the configuration and the backends. Loaded only as far as there are any. */

interface EmbeddedOptions {
  readonly home: string;
  /** The address of a server that the start names; it goes before everything. */
  readonly wanted: string | undefined;
  readonly log: (level: "info" | "warn", message: string, fields: Record<string, string>) => void;
}

interface Embedded {
  readonly config: NodeConfig;
  readonly hostFor: (config: BackendConfig) => ServerHost | undefined;
}

/** A model that was added is used by itself where no other server is configured for chats: the newest one. */
export async function withEmbedded(
  config: NodeConfig,
  options: EmbeddedOptions,
): Promise<Embedded> {
  const own = await addedModel(config, options);
  const backends = own === undefined ? config.backends : [...config.backends, own];
  const settled = { ...config, backends };
  if (backends.every(({ embedded }) => embedded === undefined))
    return { config: settled, hostFor: () => undefined };
  const [{ ModelHost }, { modelPath }] = await Promise.all([
    import("./adapters/llama-cpp/model-host.ts"),
    import("./adapters/llama-cpp/model-folder.ts"),
  ]);
  const { home, log } = options;
  return {
    config: settled,
    hostFor: ({
      name,
      embedded,
      concurrency,
      threads,
      context_tokens: contextTokens,
      gpu = "off",
    }) =>
      embedded === undefined
        ? undefined
        : new ModelHost({
            file: modelPath(home, embedded),
            name: embedded,
            socket: join(home, "run", `${name}.sock`),
            slots: concurrency,
            threads,
            contextTokens,
            gpu,
            log,
          }),
  };
}

async function addedModel(
  { backends }: NodeConfig,
  { home, wanted }: EmbeddedOptions,
): Promise<BackendConfig | undefined> {
  const isConfigured = backends.some(({ roles }) => roles.includes("chat"));
  if (wanted !== undefined || isConfigured || !existsSync(join(home, "models"))) return undefined;
  const { modelsByAge } = await import("./adapters/llama-cpp/model-folder.ts");
  const [newest] = await modelsByAge(home);
  if (newest === undefined) return undefined;
  const name = backends.some((each) => each.name === "embedded") ? "own-model" : "embedded";
  const { BackendConfig } = await import("./config.ts");
  return BackendConfig.parse({ name, embedded: newest.name });
}
