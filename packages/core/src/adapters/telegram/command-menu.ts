import { type Bilingual, type CommandSpec, commandTable } from "@adyton/protocol";
import * as z from "zod";
import type { TelegramClient } from "./telegram-client.ts";

/** What the server takes as a command's name and description. */
const namePattern = /^[a-z0-9_]{1,32}$/;
const descriptionCharsMax = 256;
/** Names that every messenger's user looks for come first; the others follow as the table has them. */
const first = ["help", "mode", "new", "stop", "rethink"];

const rank = ({ command }: { readonly command: string }): number =>
  first.indexOf(command) + 1 || first.length + 1;

type Language = keyof Bilingual;

const table: readonly CommandSpec[] = commandTable;
const wordOf = ({ slash }: CommandSpec): string => slash[0]?.slice(1) ?? "";

/** The commands of the menu in a language, from the table of commands. */
function menu(language: Language) {
  const entries = table.flatMap((spec) => {
    const { name, summary } = spec;
    const command = wordOf(spec);
    const description = summary[language].slice(0, descriptionCharsMax);
    return namePattern.test(command) ? [{ name, command, description }] : [];
  });
  return entries.toSorted((left, right) => rank(left) - rank(right));
}

/** An entry as the server takes it. */
const shown = (language: Language) =>
  menu(language).map(({ command, description }) => ({ command, description }));

const HelpData = z.object({ commands: z.array(z.object({ name: z.string() })) });

/**
 * What a person may use, by the result of the node's own `/help`: what stands in the menu, as it stands there, and then
 * what has to be written out. `undefined` for the result of anything else.
 */
export function helpIn(language: Language, data: unknown): string | undefined {
  const help = HelpData.safeParse(data).data;
  if (help === undefined) return undefined;
  const allowed = new Set(help.commands.map(({ name }) => name));
  const short = menu(language).filter(({ name }) => allowed.has(name));
  const named = new Set(short.map(({ name }) => name));
  const long = table.filter(({ name }) => allowed.has(name) && !named.has(name));
  return [
    ...short.map(({ command, description }) => `/${command} — ${description}`),
    "",
    ...long.map(({ example, summary }) => `${example} — ${summary[language]}`),
  ]
    .join("\n")
    .trimEnd();
}

/** Shows the commands in the messenger's menu: in Russian to whose app is Russian, in English to everybody else. */
export async function showMenu(client: TelegramClient, signal: AbortSignal): Promise<void> {
  await client.call((api, polyfill) => api.setMyCommands(shown("en"), {}, polyfill), signal);
  const russian = { language_code: "ru" } as const;
  await client.call((api, polyfill) => api.setMyCommands(shown("ru"), russian, polyfill), signal);
}
