import { type Bilingual, problem, type Problem } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import type { JournalPort } from "../ports/journal.ts";

const details = {
  storage_full: {
    en: "Free some space on the disk that holds the node's folder; the node goes on by itself.",
    ru: "Освободите место на диске с папкой узла; дальше узел продолжит сам.",
  },
  storage_failed: {
    en: "The node's log and `adyton doctor` say more.",
    ru: "Журнал узла не записывается; больше скажут лог узла и `adyton doctor`.",
  },
} as const satisfies Record<string, Bilingual>;

/** The problem of a journal that does not take anything at present. */
export function refusedByStorage(
  state: "ok" | keyof typeof details,
  language: keyof Bilingual,
): Problem | undefined {
  return state === "ok" ? undefined : problem(state, { detail: details[state][language] });
}

/** Whether an error was thrown by an append because nothing can be written at present. */
export function isStorageFailure(error: unknown): boolean {
  return storageProblem(error, "en") !== undefined;
}

/** The problem of an error thrown by an append; `undefined` when it is something else. */
export function storageProblem(error: unknown, language: keyof Bilingual): Problem | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  if (error.code === "storage_full" || error.code === "storage_failed") {
    return refusedByStorage(error.code, language);
  }
  return error.code === "closed" ? problem("stopping") : undefined;
}

/** Whether an append failed because of what was to be written, and not because of the disk. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "too_large";
}

/** A journal whose refusals are problems a caller is told; for use cases that have nothing of their own to undo. */
export function tellingProblems(journal: JournalPort, language: keyof Bilingual): JournalPort {
  return {
    get lastSeq() {
      return journal.lastSeq;
    },
    get storage() {
      return journal.storage;
    },
    append: async (group) => {
      try {
        return await journal.append(group);
      } catch (error) {
        const told = storageProblem(error, language);
        throw told === undefined ? error : new ProblemError(told, { cause: error });
      }
    },
    noteTokenUse: (name, timeMs) => journal.noteTokenUse(name, timeMs),
    onAppended: (listener) => journal.onAppended(listener),
  };
}
