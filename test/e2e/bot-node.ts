import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OpenAiEmulator, TelegramEmulator } from "@adyton/emulators";
import { NodeProcess } from "./node-process.ts";

/** A node whose bot talks to the emulator: 1 owns it, 2 may speak, also in the group −5. */
export function startBot(
  telegram: TelegramEmulator,
  model: OpenAiEmulator,
  {
    language = "en",
    config = "",
  }: { readonly language?: "en" | "ru"; readonly config?: string } = {},
): Promise<NodeProcess> {
  const file = join(process.env["TMPDIR"] ?? "/tmp", `adyton-token-${telegram.port}`);
  writeFileSync(file, telegram.token, { mode: 0o600 });
  const section = [
    "telegram:",
    `  token_file: ${file}`,
    "  owners: [1]",
    "  allowed_user_ids: [2]",
    "  groups: [-5]",
    `  api_root: ${telegram.apiRoot}`,
    "",
  ];
  return NodeProcess.start({
    backend: model.url,
    language,
    config: `${section.join("\n")}${config}`,
  });
}
