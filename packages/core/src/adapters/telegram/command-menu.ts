import { type CommandSpec, commandTable } from "@adyton/protocol";
import type { TelegramClient } from "./telegram-client.ts";

/** What the server takes as a command's name and description. */
const namePattern = /^[a-z0-9_]{1,32}$/;
const descriptionCharsMax = 256;
/** Names that every messenger's user looks for come first; the others follow as the table has them. */
const first = ["help", "mode", "new", "stop", "rethink"];

const rank = ({ command }: { readonly command: string }): number =>
  first.indexOf(command) + 1 || first.length + 1;

/** The commands of the menu in a language, from the table of commands. */
function menu(language: "en" | "ru") {
  const table: readonly CommandSpec[] = commandTable;
  const entries = table.flatMap(({ slash, summary }) => {
    const command = slash[0]?.slice(1) ?? "";
    const description = summary[language].slice(0, descriptionCharsMax);
    return namePattern.test(command) ? [{ command, description }] : [];
  });
  return entries.toSorted((left, right) => rank(left) - rank(right));
}

/** Shows the commands in the messenger's menu: in Russian to whose app is Russian, in English to everybody else. */
export async function showMenu(client: TelegramClient, signal: AbortSignal): Promise<void> {
  await client.call((api, polyfill) => api.setMyCommands(menu("en"), {}, polyfill), signal);
  const russian = { language_code: "ru" } as const;
  await client.call((api, polyfill) => api.setMyCommands(menu("ru"), russian, polyfill), signal);
}
