import { type Bilingual, type CommandSpec, problem } from "@adyton/protocol";
import type * as z from "zod";
import { ProblemError } from "../domain/problem-error.ts";

type Language = keyof Bilingual;
type Args = Readonly<Record<string, unknown>>;

/**
 * A command's arguments by its own schema. Throws `ProblemError` `invalid_body`: a sentence for whoever typed the
 * command, and the path of each fault for a program.
 */
export function parseArgs(
  spec: CommandSpec,
  args: Args,
  language: Language,
): Record<string, unknown> {
  const parsed = spec.args.safeParse(args);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const errors = issues.map((issue) => ({
    path: `/args/${issue.path.map(String).join("/")}`.replace(/\/$/, ""),
    message: faultOf(issue, args)[language],
  }));
  const detail = sentenceOf(spec, args, issues)[language];
  throw new ProblemError(problem("invalid_body", { detail, errors }));
}

/** The argument that takes a text command's rest of the line, by its name. */
const nouns: Readonly<Record<string, Bilingual>> = {
  text: { en: "a text", ru: "нужен текст" },
  mode: { en: "a mode's name", ru: "нужно имя режима" },
  n: { en: "a number", ru: "нужно число" },
};

function sentenceOf(spec: CommandSpec, args: Args, issues: readonly z.core.$ZodIssue[]): Bilingual {
  const { example, rest } = spec;
  const form = spec.slash[0] ?? `/command ${spec.name}`;
  const noun = rest === undefined ? undefined : nouns[rest];
  if (noun !== undefined && rest !== undefined && (args[rest] ?? "") === "")
    return {
      en: `${form} needs ${noun.en}: ${example}`,
      ru: `Команде ${form} ${noun.ru}: ${example}`,
    };
  if (rest === undefined)
    return {
      en: `${form} takes no arguments: ${example}`,
      ru: `Команда ${form} не принимает аргументов: ${example}`,
    };
  const [first] = issues;
  const fault = first === undefined ? undefined : faultOf(first, args);
  const name = String(first?.path[0] ?? "");
  if (first === undefined || fault === undefined || name === "")
    return {
      en: `The arguments do not fit. Example: ${example}`,
      ru: `Аргументы не подходят. Пример: ${example}`,
    };
  return {
    en: `The ${name} of ${form} ${fault.en}. Example: ${example}`,
    ru: `Аргумент ${name} команды ${form}: ${fault.ru}. Пример: ${example}`,
  };
}

/** A fault in words; what the schema says is for whoever wrote it. */
function faultOf(issue: z.core.$ZodIssue, args: Args): Bilingual {
  switch (issue.code) {
    case "unrecognized_keys":
      return {
        en: `has what is not known: ${issue.keys.join(", ")}`,
        ru: `неизвестно: ${issue.keys.join(", ")}`,
      };
    case "too_big":
      return { en: `is over ${issue.maximum}`, ru: `больше ${issue.maximum}` };
    case "too_small":
      return { en: `is below ${issue.minimum}`, ru: `меньше ${issue.minimum}` };
    default: {
      const [name] = issue.path;
      const isMissing = issue.path.length === 1 && args[String(name)] === undefined;
      return isMissing
        ? { en: "is missing", ru: "отсутствует" }
        : { en: "does not fit", ru: "не подходит" };
    }
  }
}
