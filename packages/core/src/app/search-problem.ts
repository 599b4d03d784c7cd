import { type Bilingual, problem } from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import { SearchError } from "../domain/search/search-contract.ts";

const retrySeconds = 1;
const details = {
  busy: {
    en: "Too many searches wait; try again.",
    ru: "Слишком много запросов к поиску ждёт; попробуйте снова.",
  },
  crashed: {
    en: "The search index failed and is being started again; try again.",
    ru: "Поисковый индекс дал сбой и запускается заново; попробуйте снова.",
  },
  storage: {
    en: "The search index cannot be read or written. Its file may be deleted while the node is stopped, and is built again.",
    ru: "Поисковый индекс не удаётся прочитать или записать. Файл индекса можно удалить, пока узел остановлен: он построится заново.",
  },
} as const satisfies Record<string, Bilingual>;

/**
 * Does work on the search index. A worker that crashed is started by the next request, so the work is tried once more
 * then; it must bear being repeated. Throws `ProblemError` `busy` for what another try may cure, `storage_failed` when
 * its file cannot be used, `stopping` when the index is closed, and every other error as it is.
 */
export async function telling<T>(work: () => Promise<T>, language: keyof Bilingual): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SearchError) || error.code !== "crashed") throw told(error, language);
  }
  try {
    return await work();
  } catch (error) {
    throw told(error, language);
  }
}

function told(error: unknown, language: keyof Bilingual): unknown {
  if (!(error instanceof SearchError)) return error;
  if (error.code === "closed") return new ProblemError(problem("stopping"), { cause: error });
  if (error.code === "refused") return error;
  const detail = details[error.code][language];
  if (error.code === "storage")
    return new ProblemError(problem("storage_failed", { detail }), { cause: error });
  return new ProblemError(problem("busy", { detail, retryAfterSeconds: retrySeconds }), {
    cause: error,
  });
}
