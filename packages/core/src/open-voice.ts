import type { Bilingual } from "@adyton/protocol";
import { systemClock } from "@adyton/runtime/clock";
import type { Transcriber } from "./adapters/openai-compatible/transcriber.ts";
import type { NodeConfig } from "./config.ts";
import { secretAt } from "./configured-secret.ts";

/**
 * Opens the way to the server for speech, where one is configured, until the stack is disposed. Throws `StartError` for
 * its key.
 */
export async function openVoice(
  { voice }: NodeConfig,
  language: keyof Bilingual,
  stack: AsyncDisposableStack,
): Promise<Transcriber | undefined> {
  if (voice === undefined) return undefined;
  const { url, model, language: spoken, api_key_file: file } = voice;
  const apiKey = file === undefined ? undefined : secretAt("voice.api_key_file", file);
  const loaded = await import("./adapters/openai-compatible/transcriber.ts");
  const transcriber = stack.use(
    new loaded.Transcriber({ url, model, spoken, apiKey, language, clock: systemClock }),
  );
  transcriber.start();
  return transcriber;
}
