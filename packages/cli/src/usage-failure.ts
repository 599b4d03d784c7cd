import type { CommanderError } from "commander";
import { Failure } from "./failure.ts";
import type { TextKey, Translate } from "./texts/translate.ts";

const keys: Readonly<Record<string, TextKey>> = {
  "commander.unknownOption": "usage.unknown_option",
  "commander.unknownCommand": "usage.unknown_command",
  "commander.missingArgument": "usage.missing_argument",
  "commander.optionMissingArgument": "usage.option_without_value",
  "commander.excessArguments": "usage.too_many",
};

/** The parser speaks English; what it found is said again in the user's language. */
export function usageFailure(error: CommanderError, t: Translate): Failure {
  // A group of commands without one of them prints its help, which says all there is to say.
  if (error.code === "commander.help")
    return new Failure("usage", { title: t("usage.no_command") });
  const key = keys[error.code];
  const name = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  const near = /\(Did you mean (?:one of )?([^?]+)\?\)/.exec(error.message)?.[1];
  return new Failure("usage", {
    title: key === undefined ? error.message : t(key, { name }),
    advice: near === undefined ? t("usage.see_help") : t("usage.did_you_mean", { near }),
  });
}
