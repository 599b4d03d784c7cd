import type { CheckSpec } from "../check.ts";
import type { Snapshot } from "../snapshot.ts";

/** D15: the node would start again as it runs now. */
export const configUnchanged: CheckSpec<Snapshot> = {
  id: "D15",
  kind: "deterministic",
  about: "node",
  threshold: { warn: "changed", fail: "invalid" },
  look: ({ config: { runningHash, fileHash } }) => {
    const isInvalid = fileHash === "invalid";
    const isSame = fileHash === runningHash;
    const measured = { running: runningHash, file: fileHash };
    if (isSame) return { status: "ok", measured };
    const title = isInvalid
      ? {
          en: "The configuration file would be refused: the next start fails.",
          ru: "Файл конфигурации будет отвергнут: следующий запуск не удастся.",
        }
      : {
          en: "The configuration file was changed since the start; stop the node and start it again (adyton up), and it counts.",
          ru: "Файл конфигурации изменён после запуска; остановите узел и запустите его снова (adyton up), и он подействует.",
        };
    // While the node runs, no command of its own takes the file over.
    if (!isInvalid) return { status: "warn", measured, title };
    return { status: "fail", measured, title, fix: { command: "adyton doctor", reversible: true } };
  },
};
