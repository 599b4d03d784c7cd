import { softwareVersion } from "../software-version.ts";
import type { Shell } from "../shell.ts";

/** `version`: of the command line and of the Node it runs on. */
export function version({ print }: Shell): Promise<number> {
  const report = { adyton: softwareVersion(), node: process.versions.node };
  if (print.json) print.value(report);
  else print.line(`adyton ${report.adyton} (Node ${report.node})`);
  return Promise.resolve(0);
}
