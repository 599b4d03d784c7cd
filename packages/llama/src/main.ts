// The process that holds a model: it serves one file on one unix socket and ends with whoever started it. A crash of
// the native code ends this process alone. Its settings come as JSON in the first argument; it tells its parent over
// the channel of `fork` how loading goes.
import { loadEngine } from "./engine.ts";
import { LoadError } from "./load-failure.ts";
import { EmbeddedModel } from "./model.ts";
import { serve } from "./serve.ts";
import { readSettings } from "./settings.ts";

type Told =
  | { readonly kind: "listening" | "checked" }
  | { readonly kind: "loading"; readonly share: number }
  | {
      readonly kind: "ready";
      readonly contextTokens: number;
      readonly threads: number;
      readonly gpu: string | false;
    }
  | { readonly kind: "refused"; readonly reason: string };

process.umask(0o077);
// A parent that is gone, however it went, closes the channel.
process.once("disconnect", () => process.exit(0));
// One that went while this file was loading is not told any more.
if (process.send !== undefined && !process.connected) process.exit(0);
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
  process.once(signal, () => process.exit(0));

const settings = readSettings(process.argv[2] ?? "");
try {
  await (settings.socket === undefined ? check() : run(settings.socket));
} catch (error) {
  const reason = error instanceof LoadError ? error.message : "the engine failed to start";
  if (!(error instanceof LoadError)) process.stderr.write(`${String(error)}\n`);
  await tell({ kind: "refused", reason });
  process.exit(1);
}

async function check(): Promise<void> {
  await EmbeddedModel.check(await engine(), settings);
  await tell({ kind: "checked" });
  process.exit(0);
}

async function run(socket: string): Promise<void> {
  const loaded = load();
  // Its failure is reported below, once it is waited for.
  loaded.catch(() => undefined);
  // It listens before the model is there: whoever asks meanwhile is told that it loads.
  await serve({ socket, loaded });
  await tell({ kind: "listening" });
  const { contextTokens, gpu } = await loaded;
  await tell({ kind: "ready", contextTokens, threads: settings.threads, gpu });
}

async function load(): Promise<EmbeddedModel> {
  let toldMs = 0;
  return await EmbeddedModel.load(await engine(), settings, (share) => {
    const nowMs = performance.now();
    if (nowMs - toldMs < 1_000) return;
    toldMs = nowMs;
    void tell({ kind: "loading", share });
  });
}

async function engine() {
  try {
    return await loadEngine();
  } catch (error) {
    throw new LoadError("the optional package packages/llama is not installed here", {
      cause: error,
    });
  }
}

function tell(message: Told): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (process.send === undefined || !process.connected) resolve();
  // A parent that has just gone is noticed by the closed channel.
  else process.send(message, () => resolve());
  return promise;
}
