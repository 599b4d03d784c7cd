import { Command, CommanderError, Option } from "commander";
import {
  commandEntries,
  commonOptions,
  optionsOf,
  type CommandEntry,
  type OptionEntry,
} from "./command-table.ts";
import { closest } from "@adyton/runtime/suggestion";
import { Failure } from "./failure.ts";
import { plainLine } from "./terminal-text.ts";
import type { CommandBody } from "./shell.ts";
import type { TextKey, Translate } from "./texts/translate.ts";
import { usageFailure } from "./usage-failure.ts";

export interface Parsed {
  readonly args: readonly string[];
  readonly values: Readonly<Record<string, unknown>>;
}

export type Run = (load: () => Promise<CommandBody>, parsed: Parsed) => Promise<void>;

/** Parses a command line and runs its command, or prints the help it asks for. Throws `Failure` for a wrong usage. */
export async function parseCommandLine(
  argv: readonly string[],
  { t, version, run }: { readonly t: Translate; readonly version: string; readonly run: Run },
): Promise<void> {
  const program = buildProgram(t, version, run);
  try {
    if (argv.length === 0) program.help();
    refuseHelpOnNothing(argv, t);
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageFailure(error, t);
  }
}

/** The parser shows the help of what is above a command that does not exist. */
function refuseHelpOnNothing(argv: readonly string[], t: Translate): void {
  if (!argv.some((word) => ["--help", "-h", "help"].includes(word))) return;
  const valued = commonOptions.flatMap(({ flags }) =>
    flags.includes("<") ? flags.split(" ")[0] : [],
  );
  let above = "";
  let isAskedFor = argv.some((word) => word === "--help" || word === "-h");
  for (const [index, word] of argv.entries()) {
    if (word === "--") return;
    if (word.startsWith("-") || valued.includes(argv[index - 1])) continue;
    if (above === "" && word === "help") {
      isAskedFor = true;
      continue;
    }
    const below = commandEntries.filter(({ path }) => parentOf(path) === above);
    const known = below.map(({ path }) => path.slice(above.length).trim());
    if (known.includes(word)) {
      above = `${above} ${word}`.trim();
      const entry = commandEntries.find(({ path }) => path === above);
      if (entry === undefined || entry.load !== undefined) return;
      continue;
    }
    if (!isAskedFor) return;
    const near = closest(word, known);
    throw new Failure("usage", {
      title: t("usage.unknown_command", { name: plainLine(word) }),
      advice: near === undefined ? t("usage.see_help") : t("usage.did_you_mean", { near }),
    });
  }
}

function parentOf(path: string): string {
  return path.split(" ").slice(0, -1).join(" ");
}

/** The parser of the whole command line; `run` is called with the one command that was given. */
function buildProgram(t: Translate, version: string, run: Run): Command {
  const program = new Command(t("program.name"));
  const built = new Map<string, Command>([["", program]]);
  program.description(t("program.summary"));
  program.version(version, "-V, --version", t("option.version"));
  dress(program, t);
  program.commandsGroup(t("group.node"));
  addOptions(program, commonOptions, t);
  program.addHelpText("after", `\n${t("program.more")}`);
  for (const entry of commandEntries) {
    const words = entry.path.split(" ");
    const parent = built.get(words.slice(0, -1).join(" ")) ?? program;
    const command = addCommand(parent, words.at(-1) ?? "", { entry, t });
    built.set(entry.path, command);
    const { load } = entry;
    if (load !== undefined)
      command.action((...found: unknown[]) =>
        run(load, {
          args: found
            .slice(0, -2)
            .flat()
            .filter((value) => typeof value === "string"),
          values: command.optsWithGlobals(),
        }),
      );
  }
  return program;
}

function addCommand(
  parent: Command,
  name: string,
  { entry, t }: { readonly entry: CommandEntry; readonly t: Translate },
): Command {
  const summaryKey: TextKey = `summary.${entry.path}`;
  const command = parent.command(name).description(t(summaryKey));
  if (entry.args !== undefined) command.arguments(entry.args);
  if (!entry.path.includes(" ")) command.helpGroup(t(`group.${entry.group}`));
  dress(command, t);
  // The root already has the common options under their own names; here they are for help alone.
  if (entry.load !== undefined) addOptions(command, optionsOf(entry), t);
  command.addHelpText("after", `\n${t("help.examples")}\n${indent(t(`example.${entry.path}`))}`);
  return command;
}

function dress(command: Command, t: Translate): void {
  command.helpOption("-h, --help", t("option.help"));
  if (command.parent === null) command.helpCommand("help [command]", t("summary.help"));
  else command.helpCommand(false);
  command.exitOverride();
  command.configureOutput({ outputError: () => undefined });
  command.configureHelp({
    styleTitle: (title) => helpTitle(title, t),
    commandUsage: (shown) => usageOf(shown, t),
    subcommandTerm: (sub) => [sub.name(), ...sub.registeredArguments.map(argumentTerm)].join(" "),
  });
}

function usageOf(command: Command, t: Translate): string {
  const names: string[] = [];
  for (let each: Command | null = command; each !== null; each = each.parent)
    names.unshift(each.name());
  return [
    ...names,
    t("help.usage_options"),
    ...(command.commands.length > 0 ? [t("help.usage_command")] : []),
    ...command.registeredArguments.map(argumentTerm),
  ].join(" ");
}

function argumentTerm(argument: Command["registeredArguments"][number]): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

const titles: Readonly<Record<string, TextKey>> = {
  "Usage:": "help.usage",
  "Arguments:": "help.arguments",
  "Options:": "help.options",
  "Commands:": "help.commands",
};

function helpTitle(title: string, t: Translate): string {
  const key = titles[title];
  return key === undefined ? title : t(key);
}

function addOptions(command: Command, options: readonly OptionEntry[], t: Translate): void {
  for (const { flags, text } of options) command.addOption(new Option(flags, t(text)));
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}
