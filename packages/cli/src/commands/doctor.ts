import type { Style } from "@adyton/runtime/terminal";
import { configFindings } from "../doctor/config-check.ts";
import type { DoctorContext, Finding } from "../doctor/finding.ts";
import { homeChecks } from "../doctor/home-checks.ts";
import { networkChecks } from "../doctor/network-checks.ts";
import { systemChecks } from "../doctor/system-checks.ts";
import { voiceFindings } from "../doctor/voice-check.ts";
import { exitCodes } from "../failure.ts";
import { findAddress } from "../node-address.ts";
import type { Shell } from "../shell.ts";

const marks: Readonly<Record<Finding["status"], readonly [mark: string, style: Style]>> = {
  ok: ["ok  ", "green"],
  warn: ["warn", "yellow"],
  fail: ["FAIL", "red"],
};

/** `doctor`: what of the environment keeps the node from working, and its cure. Fails when one check does. */
export async function doctor(shell: Shell): Promise<number> {
  const { home, env, print, t, language } = shell;
  const { port } = await findAddress(home, shell.port);
  const context: DoctorContext = { home, port, env, t, language };
  const findings: Finding[] = [
    ...(await systemChecks(context)),
    ...homeChecks(context),
    ...(await configFindings(context)),
    ...(await voiceFindings(context)),
    ...(await networkChecks(context, () => shell.client())),
  ];
  const failed = findings.filter(({ status }) => status === "fail").length;
  if (print.json) print.value({ ok: failed === 0, findings });
  else {
    for (const finding of findings) printFinding(shell, finding);
    const warned = findings.filter(({ status }) => status === "warn").length;
    print.line();
    print.line(
      failed === 0 && warned === 0 ? t("doctor.all_well") : t("doctor.sum", { failed, warned }),
    );
  }
  return failed === 0 ? exitCodes.ok : exitCodes.failed;
}

function printFinding({ print }: Shell, { check, status, text, cure }: Finding): void {
  const [mark, style] = marks[status];
  print.line(`${print.paint(style, mark)}  ${check.padEnd(8)} ${text}`);
  if (cure !== undefined) print.line(`${" ".repeat(15)}${print.paint("cyan", `→ ${cure}`)}`);
}
