import { commandEntries, optionsOf, type OptionEntry } from "./command-table.ts";
import type { Parsed } from "./program.ts";
import type { CommandBody } from "./shell.ts";

/**
 * The plain form of `up`, recognised without the parser, whose loading is a measurable part of the node's start.
 * Anything that is not this form, mistakes and `--help` included, is left to the parser.
 */
export function quickUp(
  argv: readonly string[],
): (Parsed & { readonly load: () => Promise<CommandBody> }) | undefined {
  const entry = commandEntries.find(({ path }) => path === "up");
  if (argv[0] !== "up" || entry?.load === undefined) return undefined;
  const known = optionsOf(entry);
  const values: Record<string, unknown> = {};
  const words = argv.slice(1).values();
  for (const word of words) {
    const [, name = "", given] = /^--([a-z]+)(?:=(.+))?$/s.exec(word) ?? [];
    const option = known.find((each) => longName(each) === name);
    if (option === undefined) return undefined;
    if (!option.flags.includes("<")) {
      if (given !== undefined) return undefined;
      values[name] = true;
      continue;
    }
    const value: string | undefined = given ?? words.next().value;
    if (value === undefined || (given === undefined && value.startsWith("-"))) return undefined;
    values[name] = value;
  }
  return { args: [], values, load: entry.load };
}

function longName({ flags }: OptionEntry): string | undefined {
  return /--([a-z-]+)/.exec(flags)?.[1];
}
