import { problem, type Problem } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import type { JournalPort } from "../ports/journal.ts";

const details = {
  storage_full:
    "Free some space on the disk that holds the node's folder; the node goes on by itself.",
  storage_failed: "The node's log and `adyton doctor` say more.",
} as const;

/** The problem of a journal that does not take anything at present. */
export function refusedByStorage(state: "ok" | keyof typeof details): Problem | undefined {
  return state === "ok" ? undefined : problem(state, { detail: details[state] });
}

/** The problem of an error thrown by an append; `undefined` when it is something else. */
export function storageProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  if (error.code === "storage_full" || error.code === "storage_failed") {
    return refusedByStorage(error.code);
  }
  return error.code === "closed" ? problem("stopping") : undefined;
}

/** Whether an append failed because of what was to be written, and not because of the disk. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "too_large";
}

/** A journal whose refusals are problems a caller is told; for use cases that have nothing of their own to undo. */
export function tellingProblems(journal: JournalPort): JournalPort {
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
        const told = storageProblem(error);
        throw told === undefined ? error : new ProblemError(told, { cause: error });
      }
    },
    noteTokenUse: (name, timeMs) => journal.noteTokenUse(name, timeMs),
    onAppended: (listener) => journal.onAppended(listener),
  };
}
