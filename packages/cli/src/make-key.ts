import { resolve } from "node:path";
import { makeKeyFile } from "@adyton/runtime/key-file";
import { Failure } from "./failure.ts";
import type { Shell } from "./shell.ts";

/** Makes a key that two programs share, and says what to do with it. Throws `Failure`. */
export async function makeKey(
  { print, t }: Shell,
  file: string | undefined,
  made: "worker.key_made" | "relay.key_made",
): Promise<number> {
  const path = resolve(file ?? "");
  try {
    await makeKeyFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "EEXIST")
      throw new Failure("failed", { title: t("worker.key_exists", { path }), cause: error });
    const title = t("worker.key_not_made", { path });
    throw new Failure("failed", { title, detail: code, cause: error });
  }
  if (print.json) print.value({ path });
  else print.line(t(made, { path }));
  return 0;
}
