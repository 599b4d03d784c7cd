import { randomBytes } from "node:crypto";
import { chmod, lstat, mkdir, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Replaces a file so that a reader, also one after a power cut, sees the old bytes or the new ones: temporary file in
 * the same folder, fsync, rename, fsync of the folder. `mode` is set exactly, whatever the umask is. Rejects with the
 * system's error; the temporary file is then gone.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  { mode = 0o600 }: { readonly mode?: number } = {},
): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    {
      await using file = await open(temporary, "wx", mode);
      await file.chmod(mode);
      await file.writeFile(data);
      await file.sync();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

/** Makes the names in a folder durable. Windows cannot sync a folder and does not need to. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  await using handle = await open(folder, "r");
  await handle.sync();
}

export type PrivateFolderOutcome =
  | { readonly kind: "ready"; readonly created: boolean }
  | {
      readonly kind: "refused";
      readonly reason: "not_a_folder" | "foreign_owner" | "foreign_link" | "open_to_others";
      /** What is wrong and the command that repairs it. */
      readonly message: string;
    };

/**
 * Makes sure that only this user can enter a folder (mode 0700), creating it when absent. An empty folder of ours that
 * others may enter is closed; one with files in it is refused, because closing it behind its owner's back may break
 * what already uses it. A link set by another user is refused: it could be pointed elsewhere later.
 */
export async function ensurePrivateFolder(path: string): Promise<PrivateFolderOutcome> {
  const created =
    (await mkdir(path, { recursive: true, mode: 0o700 }).catch(existing)) !== undefined;
  const user = process.getuid?.();
  if (user === undefined) return { kind: "ready", created };
  const link = await lstat(path);
  if (link.isSymbolicLink() && link.uid !== user)
    return refused(
      "foreign_link",
      `${path} is a link set by another user (uid ${link.uid}): remove it, or name another folder`,
    );
  const target = await stat(path).catch(() => undefined);
  if (target?.isDirectory() !== true)
    return refused("not_a_folder", `${path} is not a folder: move it away, or name another folder`);
  if (target.uid !== user)
    return refused(
      "foreign_owner",
      `${path} belongs to another user (uid ${target.uid}): run as that user, or run chown -R ${user} ${path}`,
    );
  if ((target.mode & 0o077) === 0) return { kind: "ready", created };
  if (!created && (await readdir(path)).length > 0)
    return refused(
      "open_to_others",
      `${path} is open to other users of this machine: run chmod 700 ${path}`,
    );
  await chmod(path, 0o700);
  return { kind: "ready", created };
}

function refused(
  reason: Extract<PrivateFolderOutcome, { kind: "refused" }>["reason"],
  message: string,
): PrivateFolderOutcome {
  return { kind: "refused", reason, message };
}

/** A file or a dangling link in the folder's place is told from other failures by the checks that follow. */
function existing(error: unknown): undefined {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  if (code === "EEXIST" || code === "ENOTDIR" || code === "ENOENT") return undefined;
  throw error;
}
