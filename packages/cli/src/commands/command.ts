import { type CommandSpec, commandTable } from "@adyton/protocol";
import { Failure } from "../failure.ts";
import { conversationOption } from "../conversation.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainText } from "../terminal-text.ts";

/** `command NAME`: a typed command; its arguments as `key=value` pairs or one JSON object. */
export async function command(shell: Shell, { args, options }: Invocation): Promise<number> {
  const { print, t } = shell;
  const [name = "", ...rest] = args;
  const parsed = parseCommandArguments(rest, freeArguments(name));
  if (parsed.kind === "refused")
    throw new Failure("usage", { title: t("command.bad_argument", { found: parsed.found }) });
  const conversation = conversationOption(options);
  const client = await shell.client();
  const result = await client.ask("runCommand", {
    body: {
      command: name,
      ...(Object.keys(parsed.args).length === 0 ? {} : { args: parsed.args }),
      ...(conversation === undefined ? {} : { conversation }),
    },
  });
  if (print.json) print.value(result);
  else print.line(plainText(result.text).trimEnd());
  return 0;
}

export type CommandArguments =
  | { readonly kind: "args"; readonly args: Readonly<Record<string, unknown>> }
  | { readonly kind: "refused"; readonly found: string };

/**
 * `{"mode":"rag"}` as it is, or `mode=rag lifetime.turns=5`: a value that is JSON counts as such, anything else is
 * text; a dot leads into a group. Words without `=` are the command's `rest` argument where it has one; of two words the
 * latter is its `second`, as in the text form of the command.
 */
export function parseCommandArguments(
  words: readonly string[],
  free: FreeArguments = {},
): CommandArguments {
  const joined = words.join(" ").trim();
  if (joined.startsWith("{")) {
    const value = parseJson(joined);
    return isRecord(value) ? { kind: "args", args: value } : { kind: "refused", found: joined };
  }
  const args: Record<string, unknown> = {};
  const loose: string[] = [];
  for (const word of words) {
    const [, path, text] = /^([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)=(.*)$/s.exec(word) ?? [];
    if (path === undefined || text === undefined) {
      if (free.rest === undefined || word.startsWith("=")) return { kind: "refused", found: word };
      loose.push(word);
    } else if (!place(args, path.split("."), parseJson(text) ?? text))
      return { kind: "refused", found: word };
  }
  const [first, last] = loose;
  if (free.rest === undefined || first === undefined) return { kind: "args", args };
  const isPair = free.second !== undefined && last !== undefined && loose.length === 2;
  const named: Record<string, string> = isPair
    ? { [free.rest]: first, [free.second]: last.toLowerCase() }
    : { [free.rest]: loose.join(" ") };
  const twice = Object.keys(named).find((name) => Object.hasOwn(args, name));
  return twice === undefined
    ? { kind: "args", args: { ...args, ...named } }
    : { kind: "refused", found: named[twice] ?? "" };
}

/** The arguments of a command that need no name, as in its text form. */
type FreeArguments = Pick<CommandSpec, "rest" | "second">;

function freeArguments(given: string): FreeArguments {
  const wanted = given.toLowerCase().replaceAll("-", "_");
  const specs: readonly CommandSpec[] = commandTable;
  return specs.find(({ name, aliases }) => name === wanted || aliases?.includes(wanted)) ?? {};
}

/** Puts a value at a path; false when a part of the path is a plain value already. */
function place(args: Record<string, unknown>, path: readonly string[], value: unknown): boolean {
  let group = args;
  for (const key of path.slice(0, -1)) {
    const inner = Object.hasOwn(group, key) ? group[key] : {};
    if (!isRecord(inner)) return false;
    group[key] = inner;
    group = inner;
  }
  Object.defineProperty(group, path.at(-1) ?? "", {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
  return true;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
