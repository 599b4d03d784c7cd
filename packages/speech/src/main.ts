// The process that recognises speech: it loads one model, writes down one recording after the other as they come over
// the channel of `fork`, and ends with whoever started it. A crash of the native code ends this process alone. Its
// settings come as JSON in the first argument.
import { loadEngine } from "./engine.ts";
import { Recogniser } from "./recogniser.ts";
import { RecordingError } from "./recording.ts";
import { readSettings } from "./settings.ts";

type Told =
  | { readonly kind: "loaded" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "heard"; readonly words: string; readonly seconds: number }
  | { readonly kind: RecordingError["code"] };

const reasonCharsMax = 300;

process.umask(0o077);
// A parent that is gone, however it went, closes the channel.
process.once("disconnect", () => process.exit(0));
// One that went while this file was loading is not told any more.
if (!process.connected) process.exit(0);

const settings = readSettings(process.argv[2] ?? "");
try {
  const recogniser = await Recogniser.load(await loadEngine(), settings);
  // The parent sends one recording, and the next when it has the answer.
  process.on("message", (message) => void answer(recogniser, message));
  await tell({ kind: "loaded" });
} catch (error) {
  const reason = error instanceof Error ? error.message : "the engine failed to start";
  await tell({ kind: "refused", reason: reason.slice(0, reasonCharsMax) });
  process.exit(1);
}

async function answer(recogniser: Recogniser, message: unknown): Promise<void> {
  if (!(message instanceof Uint8Array)) return;
  try {
    await tell({ kind: "heard", ...(await recogniser.hear(message)) });
  } catch (error) {
    // Anything else is a fault of the engine, and ends it.
    if (!(error instanceof RecordingError)) throw error;
    await tell({ kind: error.code });
  }
}

function tell(message: Told): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (process.send === undefined || !process.connected) resolve();
  // A parent that has just gone is noticed by the closed channel.
  else process.send(message, () => resolve());
  return promise;
}
