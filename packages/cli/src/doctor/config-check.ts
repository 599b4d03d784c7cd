import { formatConfigProblem } from "@adyton/runtime/config-file";
import { readNodeConfig } from "../config-reading.ts";
import { plainLine } from "../terminal-text.ts";
import { fail, ok, type DoctorContext, type Finding } from "./finding.ts";

/** Whether the node would start with its configuration. */
export function configFindings({ home, t }: DoctorContext): Finding[] {
  const { file, outcome } = readNodeConfig(home);
  if (outcome.kind === "refused")
    return outcome.problems.map((problem) =>
      fail("config", plainLine(formatConfigProblem(problem)), t("doctor.config_cure")),
    );
  return [
    ok("config", t(outcome.source === "file" ? "doctor.config" : "doctor.config_absent", { file })),
  ];
}
