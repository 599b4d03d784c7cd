import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OpenAiEmulator, TelegramEmulator } from "@adyton/emulators";
import { NodeProcess } from "./node-process.ts";

interface BotSettings {
  readonly language?: "en" | "ru";
  /** Further sections of the configuration. */
  readonly config?: string;
}

/** A node whose bot talks to the emulator: 1 owns it, 2 may speak, also in the group −5. Its model sees pictures. */
export function startBot(
  telegram: TelegramEmulator,
  model: OpenAiEmulator,
  { language = "en", config = "" }: BotSettings = {},
): Promise<NodeProcess> {
  const file = join(process.env["TMPDIR"] ?? "/tmp", `adyton-token-${telegram.port}`);
  writeFileSync(file, telegram.token, { mode: 0o600 });
  const sections = [
    `backends: [{url: "${model.url}", vision: true}]`,
    "telegram:",
    `  token_file: ${file}`,
    "  owners: [1]",
    "  allowed_user_ids: [2]",
    "  groups: [-5]",
    `  api_root: ${telegram.apiRoot}`,
    config,
    "",
  ];
  return NodeProcess.start({ backend: "configured", language, config: sections.join("\n") });
}
