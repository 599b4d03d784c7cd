import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { fail, ok, warn, type DoctorContext, type Finding } from "./finding.ts";

const nodeVersionMin = [24, 15] as const;
const openFilesMin = 1_024;
/** A clock this much behind the checkout's own files has been lost. */
const clockToleranceMs = 86_400_000;
const yearMax = 2100;

/** What the machine and the session bring along, whatever node is asked about. */
export async function systemChecks(context: DoctorContext): Promise<Finding[]> {
  return [
    nodeVersion(process.versions.node, context),
    clock(Date.now(), statSync(import.meta.filename).mtimeMs, context),
    await ipv6(context),
    locale(context),
    openFiles(limitsText(), context),
  ];
}

export function nodeVersion(version: string, { t }: DoctorContext): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [majorMin, minorMin] = nodeVersionMin;
  const enough = major > majorMin || (major === majorMin && minor >= minorMin);
  const text = t("doctor.node", { version });
  if (enough) return ok("node", text);
  return fail("node", text, t("doctor.node_cure", { wanted: nodeVersionMin.join(".") }));
}

export function clock(nowMs: number, checkoutMs: number, { t }: DoctorContext): Finding {
  const at = new Date(nowMs).toISOString();
  const plausible =
    nowMs > checkoutMs - clockToleranceMs && new Date(nowMs).getUTCFullYear() < yearMax;
  if (plausible) return ok("clock", t("doctor.clock", { at }));
  return fail("clock", t("doctor.clock_wrong", { at }), t("doctor.clock_cure"));
}

function ipv6({ t }: DoctorContext): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>();
  const server = createServer();
  server.once("error", () => resolve(warn("ipv6", t("doctor.ipv6_none"), t("doctor.ipv6_cure"))));
  server.listen({ host: "::1", port: 0 }, () => {
    server.close();
    resolve(ok("ipv6", t("doctor.ipv6")));
  });
  return promise;
}

export function locale({ env, t }: DoctorContext): Finding {
  const name =
    [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find(
      (value) => value !== undefined && value !== "",
    ) ?? "C";
  if (/utf-?8/i.test(name)) return ok("locale", t("doctor.locale", { name }));
  return warn("locale", t("doctor.locale_plain", { name }), t("doctor.locale_cure"));
}

export function openFiles(limits: string, { t }: DoctorContext): Finding {
  const soft = /^Max open files\s+(\S+)/m.exec(limits)?.[1];
  if (soft === undefined) return ok("files", t("doctor.files_unknown"));
  if (soft === "unlimited" || Number(soft) >= openFilesMin)
    return ok("files", t("doctor.files", { limit: soft }));
  return warn(
    "files",
    t("doctor.files", { limit: soft }),
    t("doctor.files_cure", { openFilesMin }),
  );
}

function limitsText(): string {
  try {
    return readFileSync("/proc/self/limits", "utf8");
  } catch {
    // Systems without /proc do not tell.
    return "";
  }
}
