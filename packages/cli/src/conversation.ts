import type { Options } from "./options.ts";

/** Follow-ups work without a flag: what is said here belongs to one lasting conversation. */
const conversationDefault = "cli";

/** The conversation of `-c`; `undefined` for `-c new`, because the node makes a new one when none is named. */
export function conversationOption(options: Options): string | undefined {
  const named = options.text("conversation") ?? conversationDefault;
  return named === "new" ? undefined : named;
}
