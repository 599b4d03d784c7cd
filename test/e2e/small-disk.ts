import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why a test with a small disk is skipped, if it is. */
export const needsRoot =
  process.getuid?.() === 0 ? (false as const) : "mounting a small disk needs root";

/** A disk in memory, small enough to be filled; gone with the stack. */
export function smallDisk(holding: AsyncDisposableStack): string {
  const folder = mkdtempSync(join(tmpdir(), "adyton-disk-"));
  execFileSync("/bin/mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", folder]);
  holding.defer(() => {
    execFileSync("/bin/umount", [folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

export const ballastIn = (folder: string): string => join(folder, "../ballast");

/** Fills the disk of a folder, in a file beside it. */
export function fillDisk(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  try {
    writeFileSync(ballastIn(folder), Buffer.alloc(bavail * bsize, 1), { flag: "a" });
  } catch (error) {
    // Others took some of it meanwhile; what fitted is written.
    assert.ok(error instanceof Error && "code" in error && error.code === "ENOSPC");
  }
}
