import { startOpenAiEmulator, type OpenAiEmulator } from "@adyton/emulators";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import {
  openBackend,
  type BackendOptions,
} from "../../packages/core/src/adapters/openai-compatible/backend.ts";
import type { Timeouts } from "../../packages/core/src/adapters/openai-compatible/limits.ts";
import type { Backend, ChatOutcome } from "../../packages/core/src/ports/backend.ts";

/** What the tests of failing servers share: the emulator, bare servers, and a backend with small waits. */

export const never = new AbortController().signal;
export const messages = [{ role: "user", content: "Что нового? What is new?" }] as const;
export const quick: Partial<Timeouts> = {
  silenceMsMax: 50,
  livenessEveryMs: 25,
  livenessMsMax: 500,
  streamEndMsMax: 50,
  idleProbeMs: 60_000,
  healFirstMs: 60_000,
  healMsMax: 60_000,
};
export const reply = "One two three four five six seven.";

export async function start(options: Partial<BackendOptions> = {}) {
  const stack = new AsyncDisposableStack();
  const emulator = stack.use(await startOpenAiEmulator({ rules: [{ reply }] }));
  const backend = stack.use(open(emulator.url, options));
  await backend.start?.();
  emulator.clear();
  return { emulator, backend, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

export function open(url: string, options: Partial<BackendOptions> = {}): Backend {
  return openBackend({
    name: "main",
    url,
    model: "emulated-chat",
    concurrency: 4,
    random: () => 0,
    timeouts: quick,
    ...options,
  });
}

export async function serve(listener: RequestListener) {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Answers the list of models, unless it `lists` none yet, and a chat by `chat`. */
export const serveChat = (chat: RequestListener, lists = (): boolean => true) =>
  serve((request, response) => {
    if (request.url === "/v1/chat/completions") {
      request.resume();
      request.once("end", () => chat(request, response));
      return;
    }
    response.setHeader("content-type", "application/json");
    response.statusCode = request.url !== "/v1/models" ? 404 : lists() ? 200 : 503;
    response.end(JSON.stringify({ object: "list", data: [{ id: "emulated-chat" }] }));
  });

export const chats = (emulator: OpenAiEmulator): number =>
  emulator.requests.filter(({ endpoint }) => endpoint === "chat").length;

export async function ask(
  backend: Backend,
  isStreamed: boolean,
): Promise<{ outcome: ChatOutcome; shown: string }> {
  let shown = "";
  const onDelta = (text: string): void => void (shown += text);
  const outcome = await backend.chat({
    messages,
    signal: never,
    ...(isStreamed ? { onDelta } : {}),
  });
  return { outcome, shown };
}

export const briefly = (outcome: ChatOutcome): string =>
  outcome.kind === "failed" ? outcome.reason : outcome.finish === "cut" ? "cut" : "answered";
