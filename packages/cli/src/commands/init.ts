import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@adyton/runtime/atomic-file";
import { Failure } from "../failure.ts";
import type { Invocation, Shell } from "../shell.ts";

/** `init`: writes a commented adyton.yaml; one that is there is kept unless `--force` is given. */
export async function init(shell: Shell, { options }: Invocation): Promise<number> {
  const { home, print, t } = shell;
  const file = join(home, "adyton.yaml");
  if (!options.flag("force") && (await exists(file)))
    throw new Failure("failed", { title: t("init.exists", { file }), advice: t("init.force") });
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
    await writeFileAtomic(file, t("template.config"), { mode: 0o600 });
  } catch (cause) {
    const code: unknown = cause instanceof Error ? Reflect.get(cause, "code") : "";
    throw new Failure("failed", {
      title: t("init.unwritable", { file, code: String(code) }),
      advice: t("up.doctor"),
      cause,
    });
  }
  if (print.json) print.value({ file });
  else {
    print.line(t("init.written", { file }));
    print.note(t("init.next"));
  }
  return 0;
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
}
