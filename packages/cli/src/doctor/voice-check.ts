import type { SpeechFound } from "@adyton/core/speech";
import { readNodeConfig } from "../config-reading.ts";
import { shellWord } from "../spelling.ts";
import { plainLine } from "../terminal-text.ts";
import { ok, warn, type DoctorContext, type Finding } from "./finding.ts";

/** Whether the node can hear with the model for speech that it is to run itself, where the configuration names one. */
export async function voiceFindings(context: DoctorContext): Promise<Finding[]> {
  const { outcome } = readNodeConfig(context.home);
  const folder = outcome.kind === "ok" ? outcome.value.voice?.folder : undefined;
  if (folder === undefined) return [];
  const { findSpeech } = await import("@adyton/core/speech");
  return [voiceFinding(folder, await findSpeech(folder), context)];
}

export function voiceFinding(
  path: string,
  found: SpeechFound,
  { t, language }: Pick<DoctorContext, "t" | "language">,
): Finding {
  const folder = plainLine(path);
  switch (found.kind) {
    case "all":
      return ok("voice", t("doctor.voice", { folder }));
    case "no_engine":
      return warn(
        "voice",
        t("doctor.voice_engine"),
        t("doctor.voice_engine_cure", { folder: shellWord(folder) }),
      );
    case "no_folder": {
      const text = t("doctor.voice_folder", { folder, why: found.words[language] });
      return warn("voice", text, t("doctor.voice_folder_cure"));
    }
    case "no_model": {
      const text = t("doctor.voice_model", { folder, why: found.words[language] });
      return warn("voice", text, t("doctor.voice_model_cure"));
    }
  }
}
