import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { writeBundle } from "@adyton/relay/bundle";
import { Failure } from "../failure.ts";
import { makeKey } from "../make-key.ts";
import type { Invocation, Shell } from "../shell.ts";

/** `relay bundle FOLDER`: the relay as files to copy to its machine. */
export function relayBundle({ print, t }: Shell, { args }: Invocation): Promise<number> {
  const folder = resolve(args[0] ?? "");
  if (existsSync(folder))
    throw new Failure("failed", {
      title: t("relay.exists", { folder }),
      advice: t("relay.exists_advice"),
    });
  const files = writeBundle(folder);
  if (print.json) print.value({ folder, files });
  else {
    print.line(t("relay.bundled", { folder }));
    print.line(t("relay.next", { folder }));
  }
  return Promise.resolve(0);
}

/** `relay key FILE`: makes the key that the node and its relay share. */
export function relayKey(shell: Shell, { args }: Invocation): Promise<number> {
  return makeKey(shell, args[0], "relay.key_made");
}
