import { doctorRu } from "./doctor-ru.ts";
import { foldRu } from "./fold-ru.ts";
import { helpRu } from "./help-ru.ts";
import { messagesRu } from "./messages-ru.ts";
import { modeRu } from "./mode-ru.ts";
import { modelRu } from "./model-ru.ts";
import { rememberRu } from "./remember-ru.ts";
import { telegramRu } from "./telegram-ru.ts";
import { templateRu } from "./template-ru.ts";
import { voiceRu } from "./voice-ru.ts";
import type { TextKey } from "./translate.ts";

/** All Russian texts by their keys. */
export const ru: Readonly<Record<TextKey, string>> = {
  ...helpRu,
  ...messagesRu,
  ...doctorRu,
  ...foldRu,
  ...modeRu,
  ...modelRu,
  ...rememberRu,
  ...telegramRu,
  ...templateRu,
  ...voiceRu,
};
