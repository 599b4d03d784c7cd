import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { checkSpeech, InstallError, type SpeechCheck } from "@adyton/core/speech";
import { exitCodes, Failure } from "../failure.ts";
import type { Invocation, Shell } from "../shell.ts";
import { untilSignal } from "../signals.ts";
import { plainLine, plainText } from "../terminal-text.ts";

/** `voice check FOLDER [RECORDING]`: whether the node can hear with a model, with its engine installed on first use. */
export async function voiceCheck(shell: Shell, { args }: Invocation): Promise<number> {
  const { print, t, language } = shell;
  const folder = resolve(args[0] ?? "");
  const recording = args[1] === undefined ? undefined : readRecording(shell, args[1]);
  const stopping = new AbortController();
  void untilSignal().then(() => stopping.abort());
  const { signal } = stopping;
  let outcome: SpeechCheck;
  {
    using progress = print.progress();
    try {
      outcome = await checkSpeech({
        folder,
        recording,
        signal,
        onStep: (step) => {
          // The one step that takes a while and downloads is told in any case.
          if (step === "installing") print.note(t("voice.installing"));
          else progress.update(t(`voice.${step}`));
        },
      });
    } catch (error) {
      if (signal.aborted) throw new Failure("failed", { title: t("voice.stopped"), cause: error });
      throw installFailure(error, shell);
    }
  }
  if (outcome.kind === "refused")
    throw new Failure("failed", {
      title: t("voice.refused", { folder: plainLine(folder) }),
      detail: plainText(outcome.words[language]),
      advice: t("voice.advice"),
    });
  tell(shell, folder, outcome);
  return exitCodes.ok;
}

function tell(
  { print, t }: Shell,
  folder: string,
  { loadMs, residentMib, heard }: Extract<SpeechCheck, { readonly kind: "ok" }>,
): void {
  if (print.json) {
    print.value({ folder, loadMs, residentMib, ...(heard === undefined ? {} : { heard }) });
    return;
  }
  const [load, memory] = [Math.round(loadMs), Math.round(residentMib)];
  print.line(t("voice.loads", { ms: load, mib: memory }));
  if (heard !== undefined) {
    const { words, seconds, hearMs } = heard;
    const times = { seconds: seconds.toFixed(1), ms: Math.round(hearMs) };
    print.line(t("voice.heard", { words: plainText(words), ...times }));
  }
  print.note(t("voice.next", { folder: plainLine(folder) }));
}

function readRecording({ t }: Shell, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Failure("failed", { title: t("voice.no_recording", { file }), cause });
  }
}

function installFailure(error: unknown, { t }: Shell): unknown {
  if (!(error instanceof InstallError)) return error;
  const isUnsupported = error.code === "unsupported";
  return new Failure("failed", {
    title: t(isUnsupported ? "voice.install_unsupported" : "voice.install_failed"),
    detail: plainText(error.message),
    advice: t(isUnsupported ? "voice.install_server" : "voice.install_advice"),
    cause: error,
  });
}
