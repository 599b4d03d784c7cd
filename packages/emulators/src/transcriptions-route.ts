import type { EmulatorState } from "./emulator-state.ts";
import type { Exchange } from "./exchange.ts";
import { sendBody, sendError } from "./http-answer.ts";
import { SentRecording } from "./sent-recording.ts";

/** Answers POST /v1/audio/transcriptions. */
export async function answerTranscription(
  state: EmulatorState,
  { response, fault, signal }: Exchange,
  recording: unknown,
): Promise<void> {
  if (!(recording instanceof SentRecording) || recording.fields["model"] === undefined)
    return sendError(response, 400, { message: "the form needs a file and a model" });
  await sendBody(response, { text: state.transcribe(recording) }, fault, signal);
}
