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
  const spec = table.find(({ name: own, aliases }) => own === wanted || aliases?.includes(wanted));
  return commandTable.find((command) => command.name === spec?.name)?.name;
}

/** The table's entry of a command. */
export function commandSpec(name: CommandName): CommandSpec {
  const found = table.find((command) => command.name === name);
  if (found === undefined) throw new TypeError(`the command table has no ${name}`);
  return found;
}

/** Characters of a word that can be meant as a command's name; a longer one is speech. */
const nameCharsMax = 64;
const slashLine = new RegExp(
  String.raw`^/(\p{L}[\p{L}\p{M}\p{N}_-]{0,${nameCharsMax - 1}})(?:@\S+)?(?:\s+(.*))?$`,
  "su",
);

/**
 * Reads a message as a text command: `/command NAME …`, a slash form of the table, or a bare command word that is the
 * whole message. A single word behind a slash is meant as a command, so an unknown one is told, in any script. A path
 * (`/etc/hosts`), a slash within a sentence and a word that merely occurs are speech. Never throws.
 */
export function readText(text: string): ReadText {
  const trimmed = text.trim();
  if (!trimmed.startsWith("/")) {
    const name = findCommand(trimmed);
    return name !== undefined && commandSpec(name).bare
      ? { kind: "command", command: name, args: {} }
      : { kind: "speech" };
  }
  const [, word, rest = ""] = slashLine.exec(trimmed) ?? [];
  if (word === undefined) return { kind: "speech" };
  if (word.toLowerCase() === "command") return readCommandLine(rest);
  const form = `/${word.toLowerCase()}`;
  const slash = commandTable.find(({ slash: forms }) => forms.some((each) => each === form));
  return named(slash?.name ?? findCommand(word), word, rest);
}

/** `/command` alone asks which commands there are. */
function readCommandLine(line: string): ReadText {
  const [, word = "", rest = ""] = /^(\S*)\s*(.*)$/s.exec(line.trim()) ?? [];
  return word === ""
    ? { kind: "command", command: "help", args: {} }
    : named(findCommand(word), word, rest);
}

function named(name: CommandName | undefined, word: string, rest: string): ReadText {
  if (name === undefined)
    return { kind: "unknown_command", name: Array.from(word).slice(0, nameCharsMax).join("") };
  const argument = rest.trim();
  if (argument === "") return { kind: "command", command: name, args: {} };
  // A command without arguments gets a name that its schema refuses.
  const { rest: argumentName = "rest", second } = commandSpec(name);
  const [, word1, word2] = second === undefined ? [] : (/^(\S+)\s+(\S+)$/.exec(argument) ?? []);
  if (second !== undefined && word2 !== undefined)
    return {
      kind: "command",
      command: name,
      args: { [argumentName]: word1, [second]: word2.toLowerCase() },
    };
  return { kind: "command", command: name, args: { [argumentName]: unquoted(argument) } };
}

const quotePairs: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  "“": "”",
  "«": "»",
  "„": "“",
};

/** Takes away a pair of quotation marks that stands around the whole text, not two quotations at its ends. */
function unquoted(text: string): string {
  const opening = text.charAt(0);
  const closing = quotePairs[opening];
  if (closing === undefined || text.length < 2 || !text.endsWith(closing)) return text;
  const inner = text.slice(1, -1);
  let depth = 1;
  for (const mark of inner) {
    if (mark === closing) depth -= 1;
    else if (mark === opening) depth += 1;
    if (depth === 0) return text;
  }
  return inner;
}
