import type { CheckSpec } from "../check.ts";
import type { Snapshot } from "../snapshot.ts";

/** D3: the core prompt is the one that was pinned, and the last request began with it. */
export const corePromptPinned: CheckSpec<Snapshot> = {
  id: "D3",
  kind: "deterministic",
  about: "conversation",
  threshold: { fail: "mismatch" },
  look: ({ corePrompt: { pinnedHash, hash, lastRequest } }) => {
    const isSame = pinnedHash === hash;
    const isFirst =
      lastRequest === undefined || (lastRequest.role === "system" && lastRequest.startsWithPrompt);
    const measured = {
      hash: hash.slice(0, 16),
      pinned: isSame,
      lastRequest: lastRequest === undefined ? null : isFirst ? "first" : "missing",
    };
    if (isSame && isFirst) return { status: "ok", measured };
    const title = isSame
      ? {
          en: "The last request did not begin with the core prompt.",
          ru: "Последний запрос начинался не с основного промпта.",
        }
      : {
          en: "The core prompt is not the one that was pinned at the start.",
          ru: "Основной промпт не тот, что был закреплён при запуске.",
        };
    return { status: "fail", measured, title };
  },
};
