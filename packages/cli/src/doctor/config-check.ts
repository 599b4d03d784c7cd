import { formatConfigProblem } from "@adyton/runtime/config-file";
import { readModes, readNodeConfig } from "../config-reading.ts";
import { plainLine } from "../terminal-text.ts";
import { fail, ok, type DoctorContext, type Finding } from "./finding.ts";

/** Whether the node would start with its configuration. */
export async function configFindings({ home, t }: DoctorContext): Promise<Finding[]> {
  const { file, outcome } = readNodeConfig(home);
  const own = await readModes(home, outcome.kind === "ok" ? outcome.value : undefined);
  const problems = [...(outcome.kind === "ok" ? [] : outcome.problems), ...own.problems];
  if (outcome.kind === "refused" || problems.length > 0)
    return problems.map((problem) =>
      fail("config", plainLine(formatConfigProblem(problem)), t("doctor.config_cure")),
    );
  return [
    ok("config", t(outcome.source === "file" ? "doctor.config" : "doctor.config_absent", { file })),
  ];
}
