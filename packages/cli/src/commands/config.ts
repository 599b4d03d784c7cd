import { NodeConfig } from "@adyton/core/config";
import { formatConfigProblem } from "@adyton/runtime/config-file";
import { readModes, readNodeConfig } from "../config-reading.ts";
import { exitCodes, Failure } from "../failure.ts";
import type { Cell } from "../printer.ts";
import type { Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";

/** `config check`: every mistake with its file and line, as the start of the node would refuse it. */
export async function configCheck(shell: Shell): Promise<number> {
  const { home, print, t } = shell;
  const { file, outcome } = readNodeConfig(home);
  const own = await readModes(home, outcome.kind === "ok" ? outcome.value : undefined);
  const problems = [...(outcome.kind === "ok" ? [] : outcome.problems), ...own.problems];
  if (print.json) print.value({ ok: problems.length === 0, file, problems });
  else if (outcome.kind === "ok" && problems.length === 0) {
    print.line(t(outcome.source === "file" ? "config.sound" : "config.absent", { file }));
    if (own.modes.length > 0)
      print.line(t("config.modes", { modes: own.modes.map(({ id }) => id).join(", ") }));
  } else {
    for (const problem of problems) print.line(plainLine(formatConfigProblem(problem)));
    print.note(t("config.problems", { count: problems.length }), "red");
  }
  return problems.length === 0 ? exitCodes.ok : exitCodes.failed;
}

/** `config show`: every setting as it counts, and whether the file or the default decided. */
export function configShow(shell: Shell): Promise<number> {
  const { home, print, t } = shell;
  const { file, outcome } = readNodeConfig(home);
  if (outcome.kind === "refused")
    throw new Failure("failed", {
      title: t("config.problems", { count: outcome.problems.length }),
      detail: outcome.problems.map((problem) => plainLine(formatConfigProblem(problem))).join("\n"),
      data: { code: "config_refused", file, problems: outcome.problems },
    });
  if (print.json) {
    print.value(outcome.value);
    return Promise.resolve(exitCodes.ok);
  }
  const defaults = new Map(flatten(NodeConfig.parse({})));
  print.table(
    flatten(outcome.value).map(([path, value]): Cell[] => [
      { text: path, style: "cyan" },
      { text: plainLine(value) },
      { text: defaults.get(path) === value ? t("config.default") : "", style: "dim" },
    ]),
  );
  return Promise.resolve(exitCodes.ok);
}

/** Each plain value with the path that leads to it; an empty list stands for itself. */
function flatten(value: unknown, path = ""): [path: string, value: string][] {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0)
    return [[path, JSON.stringify(value) ?? ""]];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const step = Array.isArray(value) ? `[${key}]` : `${path === "" ? "" : "."}${key}`;
    return flatten(inner, `${path}${step}`);
  });
}
