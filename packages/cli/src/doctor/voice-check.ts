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

const cures = {
  no_folder: "doctor.voice_folder_cure",
  not_folder: "doctor.voice_not_folder_cure",
  unreadable: "doctor.voice_unreadable_cure",
  no_model: "doctor.voice_missing_cure",
  unfit: "doctor.voice_model_cure",
} as const;

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
    default: {
      const why = found.words[language];
      const text =
        found.kind === "unfit"
          ? t("doctor.voice_model", { folder, why })
          : t("doctor.voice_folder", { folder, why });
      return warn("voice", text, t(cures[found.kind]));
    }
  }
}
