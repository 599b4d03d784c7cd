import { basename, delimiter, dirname } from "node:path";
import type { Spell } from "./texts/translate.ts";
import { plainLine } from "./terminal-text.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * How this command line was called, for advice that can be pasted: `./adyton` when started so, `adyton` when the shell
 * finds it by itself. A node's folder that was named by `--home` is named again.
 */
export function spelling(env: Environment, home?: string): Spell {
  const program = programName(env);
  const folder = home === undefined || home === "" ? "" : ` --home ${shellWord(home)}`;
  return (words) => (words === undefined ? program : `${program} ${words}${folder}`);
}

function programName(env: Environment): string {
  const called = plainLine(env["ADYTON_CALLED_AS"] ?? "");
  if (called === "") return "adyton";
  const inPath = (env["PATH"] ?? "").split(delimiter).some((folder) => folder === dirname(called));
  return inPath ? basename(called) : shellWord(called);
}

/** As a shell takes it for one word. */
export function shellWord(text: string): string {
  return /^[\w./:~-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
