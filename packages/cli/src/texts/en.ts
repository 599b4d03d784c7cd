import { doctorEn } from "./doctor-en.ts";
import { foldEn } from "./fold-en.ts";
import { helpEn } from "./help-en.ts";
import { messagesEn } from "./messages-en.ts";
import { modeEn } from "./mode-en.ts";
import { modelEn } from "./model-en.ts";
import { rememberEn } from "./remember-en.ts";
import { telegramEn } from "./telegram-en.ts";
import { templateEn } from "./template-en.ts";
import { voiceEn } from "./voice-en.ts";

/** All English texts by their keys; a test holds them against the Russian ones. */
export const en = {
  ...helpEn,
  ...messagesEn,
  ...doctorEn,
  ...foldEn,
  ...modeEn,
  ...modelEn,
  ...rememberEn,
  ...telegramEn,
  ...templateEn,
  ...voiceEn,
} as const;
