import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { CodedError } from "./coded-error.ts";
import { isInstalled, type OptionalPackage } from "./optional-package.ts";
import { type FolderLock, lockFolder } from "./resource-lock.ts";

/** `unsupported`: no compiled part for this machine. `failed`: the message has the installer's last lines. */
export class InstallError extends CodedError<"unsupported" | "unwritable" | "failed"> {}

const manifest = fileURLToPath(new URL("../../../package.json", import.meta.url));
const lockPlace = fileURLToPath(new URL("../../../.cache/engine/", import.meta.url));
const lentHome = fileURLToPath(new URL("../../../.cache/home/", import.meta.url));
/** Another user may run what this one installs; the installer needs a folder for its caches. */
const installScript = `umask 022
[ -d "\${HOME-}" ] && [ -w "\${HOME-}" ] || { HOME=$0; mkdir -p "$HOME"; }
export HOME CI=true NODE_ENV=production
command -v npx >/dev/null || { echo "npm is missing: install Node.js with npm"; exit 69; }
exec npx "$@"`;
const lockEveryMs = 200;
const outputCharsMax = 4_000;
const shownLinesMax = 8;

/**
 * Installs what an optional package depends on as its lockfile says, with the pinned installer and without any script
 * of a package. Returns at once when it is there; else `onBegin` is called first. Throws `InstallError`; a signal ends
 * the installer.
 */
export async function installPackage(
  wanted: OptionalPackage,
  signal: AbortSignal,
  onBegin: () => void = () => undefined,
): Promise<void> {
  if (isInstalled(wanted)) return;
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new InstallError(
      "unsupported",
      `it runs on Linux with an x64 processor; this is ${process.platform} ${process.arch}`,
    );
  await using stack = new AsyncDisposableStack();
  stack.use(await lockInstallation(signal));
  if (isInstalled(wanted)) return;
  onBegin();
  const modules = dirname(wanted.stamp);
  try {
    // What an interrupted installation left could be taken for a whole one.
    rmSync(modules, { recursive: true, force: true });
  } catch (cause) {
    throw new InstallError("unwritable", `${modules} cannot be written`, { cause });
  }
  const { code, output } = await runInstaller(wanted.folder, signal);
  if (code !== 0) {
    const lines = output.trim().split("\n").slice(-shownLinesMax);
    throw new InstallError("failed", lines.join("\n") || "the installer could not be started");
  }
  copyFileSync(wanted.lockfile, wanted.stamp);
}

/** Two that begin at the same time must not install over each other. */
async function lockInstallation(signal: AbortSignal): Promise<FolderLock> {
  mkdirSync(lockPlace, { recursive: true });
  for (;;) {
    const outcome = await lockFolder(lockPlace);
    if (outcome.kind === "locked") return outcome.lock;
    await delay(lockEveryMs, undefined, { signal });
  }
}

/** A signal ends the installer and all that it has started. */
async function runInstaller(
  folder: string,
  signal: AbortSignal,
): Promise<{ readonly code: number; readonly output: string }> {
  const pnpm = /"packageManager":\s*"(pnpm@[^"]+)"/.exec(readFileSync(manifest, "utf8"))?.[1] ?? "";
  // Optional packages are the GPU parts, 680 MB of them.
  const options = ["--frozen-lockfile", "--no-optional", "--ignore-scripts", "--pm-on-fail=ignore"];
  const command = ["-c", installScript, lentHome, "-y", pnpm, "install", ...options];
  const child = spawn("sh", command, {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-outputCharsMax);
    });
  const closed = Promise.withResolvers<number | null>();
  child.once("error", () => closed.resolve(null));
  child.once("close", closed.resolve);
  const stop = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
  };
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const code = await closed.promise;
  signal.removeEventListener("abort", stop);
  return { code: code ?? 1, output };
}
