import { accessSync, constants, statfsSync, statSync, type StatsFsBase } from "node:fs";
import { dirname, join } from "node:path";
import { readRunFile } from "../node-address.ts";
import { fail, ok, warn, type DoctorContext, type Finding } from "./finding.ts";

const freeBytesMin = 100 * 1024 * 1024;
const freeBytesGood = 1024 * 1024 * 1024;
const journalFile = "journal.db";

/** statfs(2) magic numbers of file systems that a journal should not lie on. */
const network = new Map<number, string>([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x65735546, "FUSE"],
  [0x01021997, "9p"],
]);
const passing = new Map<number, string>([
  [0x01021994, "tmpfs"],
  [0x858458f6, "ramfs"],
  [0x794c7630, "overlay"],
]);

/** The node's folder and what lies in it. */
export function homeChecks(context: DoctorContext): Finding[] {
  const { home, t } = context;
  const status = statSync(home, { throwIfNoEntry: false });
  if (status === undefined) {
    const above = existingAbove(home);
    return [
      isWritable(above)
        ? ok("home", t("doctor.home_absent", { home }))
        : fail("home", t("doctor.home_unwritable", { home: above }), t("doctor.home_choose")),
      ...diskChecks(statfsSync(above), context),
    ];
  }
  const uid = process.getuid?.() ?? status.uid;
  const findings = [folder(status, uid, context), ...diskChecks(statfsSync(home), context)];
  return [...findings, lock(context), token(context), journal(context)];
}

function folder(
  status: { readonly mode: number; readonly uid: number; isDirectory(): boolean },
  uid: number,
  { home, t }: DoctorContext,
): Finding {
  if (!status.isDirectory())
    return fail("home", t("doctor.home_no_folder", { home }), t("doctor.home_choose"));
  if (status.uid !== uid)
    return fail(
      "home",
      t("doctor.home_foreign", { home, uid: status.uid }),
      t("doctor.home_choose"),
    );
  if (!isWritable(home))
    return fail("home", t("doctor.home_unwritable", { home }), `chmod u+rwx ${home}`);
  const mode = (status.mode & 0o777).toString(8);
  if ((status.mode & 0o077) !== 0)
    return fail("home", t("doctor.home_open", { home, mode }), `chmod 700 ${home}`);
  return ok("home", t("doctor.home", { home }));
}

export function diskChecks(disk: StatsFsBase<number>, { t }: DoctorContext): Finding[] {
  const freeBytes = disk.bavail * disk.bsize;
  const free = `${(freeBytes / 1024 ** 3).toFixed(1)} GiB`;
  const text = t("doctor.space", { free });
  const space =
    freeBytes < freeBytesMin
      ? fail("space", text, t("doctor.space_cure"))
      : freeBytes < freeBytesGood
        ? warn("space", text, t("doctor.space_cure"))
        : ok("space", text);
  const remote = network.get(disk.type);
  const lost = passing.get(disk.type);
  if (remote !== undefined)
    return [space, warn("disk", t("doctor.disk_remote", { name: remote }), t("doctor.disk_cure"))];
  if (lost !== undefined)
    return [space, warn("disk", t("doctor.disk_passing", { name: lost }), t("doctor.disk_cure"))];
  return [space, ok("disk", t("doctor.disk"))];
}

function lock({ home, t }: DoctorContext): Finding {
  const running = readRunFile(home);
  if (running === undefined) return ok("lock", t("doctor.lock_free"));
  return ok("lock", t("doctor.lock_held", { pid: running.pid ?? "?", port: running.port }));
}

function token({ home, t }: DoctorContext): Finding {
  const file = join(home, "token");
  const status = statSync(file, { throwIfNoEntry: false });
  if (status === undefined) return ok("token", t("doctor.token_absent"));
  try {
    accessSync(file, constants.R_OK);
  } catch {
    return fail("token", t("doctor.token_unreadable", { file }), `chmod 600 ${file}`);
  }
  if ((status.mode & 0o077) !== 0)
    return fail("token", t("doctor.token_open", { file }), `chmod 600 ${file}`);
  return ok("token", t("doctor.token", { file }));
}

function journal({ home, t }: DoctorContext): Finding {
  const status = statSync(join(home, journalFile), { throwIfNoEntry: false });
  if (status === undefined) return ok("journal", t("doctor.journal_absent"));
  return ok(
    "journal",
    t("doctor.journal", { size: `${(status.size / 1024 ** 2).toFixed(1)} MiB` }),
  );
}

function existingAbove(path: string): string {
  const above = dirname(path);
  return statSync(above, { throwIfNoEntry: false }) === undefined ? existingAbove(above) : above;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
