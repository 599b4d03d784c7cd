import { homedir } from "node:os";
import { join, resolve } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** The node's folder: `--home`, else `ADYTON_HOME`, else `~/.adyton`. An empty value counts as absent. */
export function homeFolder(option: string | undefined, env: Environment): string {
  const named = option === undefined || option === "" ? env["ADYTON_HOME"] : option;
  return named === undefined || named === "" ? join(homedir(), ".adyton") : resolve(named);
}
