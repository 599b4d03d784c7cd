import { type CommandName, type CommandSpec, commandTable } from "@adyton/protocol";

/** What a message is: a command with its arguments still unchecked, something that looks like one, or speech. */
export type ReadText =
  | {
      readonly kind: "command";
      readonly command: CommandName;
      readonly args: Record<string, unknown>;
    }
  | { readonly kind: "unknown_command"; readonly name: string }
  | { readonly kind: "speech" };

const table: readonly CommandSpec[] = commandTable;

/** Finds a command by its name, in any case; `-` and `_` are the same. */
export function findCommand(name: string): CommandName | undefined {
  const wanted = name.toLowerCase().replaceAll("-", "_");
  return commandTable.find((command) => command.name === wanted)?.name;
}

/** The table's entry of a command. */
export function commandSpec(name: CommandName): CommandSpec {
  const found = table.find((command) => command.name === name);
  if (found === undefined) throw new TypeError(`the command table has no ${name}`);
  return found;
}

/**
 * Reads a message as a text command: `/command NAME …`, a slash form of the table, or a bare command word that is the
 * whole message. A slash in the middle of a sentence, a path, or a word that merely occurs is speech.
 */
export function readText(text: string): ReadText {
  const trimmed = text.trim();
  if (!trimmed.startsWith("/")) {
    const bare = commandTable.find(
      (command) => command.bare && command.name === trimmed.toLowerCase(),
    );
    return bare === undefined
      ? { kind: "speech" }
      : { kind: "command", command: bare.name, args: {} };
  }
  const match = /^\/([a-z][a-z0-9_-]*)(?:@\S+)?(?:\s+([\s\S]*))?$/i.exec(trimmed);
  if (match === null) return { kind: "speech" };
  const [, word = "", rest = ""] = match;
  if (word.toLowerCase() === "command") return readCommandLine(rest);
  const form = `/${word.toLowerCase()}`;
  const slash = commandTable.find(({ slash: forms }) => forms.some((each) => each === form));
  const name = slash === undefined ? findCommand(word) : slash.name;
  return name === undefined ? { kind: "unknown_command", name: word } : withRest(name, rest);
}

function readCommandLine(line: string): ReadText {
  const [, word = "", rest = ""] = /^(\S*)\s*([\s\S]*)$/.exec(line.trim()) ?? [];
  const name = findCommand(word);
  return name === undefined ? { kind: "unknown_command", name: word } : withRest(name, rest);
}

const quotePairs: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  "“": "”",
  "«": "»",
  "„": "“",
};

/** Gives the rest of the line to the command's one free argument, without the quotation marks around it. */
function withRest(name: CommandName, rest: string): ReadText {
  const { rest: argument } = commandSpec(name);
  const trimmed = rest.trim();
  if (trimmed === "") return { kind: "command", command: name, args: {} };
  const closing = quotePairs[trimmed.charAt(0)];
  const quoted = closing !== undefined && trimmed.length > 1 && trimmed.endsWith(closing);
  const value = quoted ? trimmed.slice(1, -1) : trimmed;
  return { kind: "command", command: name, args: { [argument ?? "rest"]: value } };
}
