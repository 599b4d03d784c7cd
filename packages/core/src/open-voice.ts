import type { Bilingual } from "@adyton/protocol";
import { systemClock } from "@adyton/runtime/clock";
import type { NodeConfig } from "./config.ts";
import { secretAt } from "./configured-secret.ts";
import type { Listener } from "./ports/file-words.ts";

/** What most servers for speech call their model. */
const modelDefault = "whisper-1";

/**
 * Opens the way to the server for speech, or to the model that the node runs itself, where one is configured, until the
 * stack is disposed. Throws `StartError` for the server's key.
 */
export async function openVoice(
  { voice }: NodeConfig,
  language: keyof Bilingual,
  stack: AsyncDisposableStack,
): Promise<Listener | undefined> {
  if (voice === undefined) return undefined;
  const { url, model = modelDefault, language: spoken, api_key_file: file, folder } = voice;
  const clock = systemClock;
  if (folder !== undefined) {
    const { LocalTranscriber } = await import("./adapters/sherpa/local-transcriber.ts");
    const transcriber = stack.use(new LocalTranscriber({ folder, language, clock }));
    transcriber.start();
    return transcriber;
  }
  // The configuration's schema lets no section through that has neither.
  if (url === undefined) return undefined;
  const apiKey = file === undefined ? undefined : secretAt("voice.api_key_file", file);
  const { Transcriber } = await import("./adapters/openai-compatible/transcriber.ts");
  const transcriber = stack.use(new Transcriber({ url, model, spoken, apiKey, language, clock }));
  transcriber.start();
  return transcriber;
}
