import { fileURLToPath } from "node:url";
import type { Bilingual } from "@adyton/protocol";
import { errorText } from "@adyton/runtime/coded-error";
import type { RootLog } from "@adyton/runtime/log";
import type { Journal } from "./adapters/sqlite/journal.ts";
import type { RetentionPolicy } from "./adapters/sqlite/retention.ts";
import type { BackendPool } from "./app/backend-pool.ts";
import type { Conversations } from "./app/conversations.ts";
import type { Embedding } from "./app/embedding.ts";
import type { Forgetting } from "./app/forgetting.ts";
import { readManual } from "./app/manual.ts";
import { manualAuthor } from "./domain/search/search-contract.ts";
import type { Memory } from "./app/memory.ts";
import { owner } from "./app/tokens.ts";
import type { NodeConfig } from "./config.ts";

const dayMs = 86_400_000;
const sweepEveryMs = 3_600_000;
const forgetAgainEveryMs = 60_000;
/** Between two tries to index memory; doubles from the first to the last. */
const learnAgainFirstMs = 1_000;
const learnAgainMsMax = 30_000;

const notIndexed: Bilingual = {
  en: "Memory cannot be indexed now; the log says why.",
  ru: "Память сейчас не индексируется; причина — в логе.",
};

/** Why a part of the node cannot work now; the health report tells it. */
export interface NodeFaults {
  search: Bilingual | undefined;
}

export interface BackgroundWork {
  readonly journal: Pick<Journal, "sweep">;
  readonly memory: Memory;
  readonly embedding: Embedding;
  readonly conversations: Conversations;
  readonly forgetting: Forgetting;
  readonly backends: BackendPool;
  readonly retention: NodeConfig["retention"];
  readonly manualFolder: URL;
  readonly faults: NodeFaults;
  readonly log: RootLog;
}

/** What a node does beside everything else: memory learns the manual and gets its vectors, retention is kept to. */
export function startBackgroundWork(work: BackgroundWork): AsyncDisposable {
  const { memory, backends, faults, log } = work;
  const abort = new AbortController();
  const learn = async (): Promise<void> => {
    await learnManual(memory, work.manualFolder);
    // With a model, the index's thread starts with the first search; without one, the first question is a search.
    if (backends.slots === 0 || backends.of("embeddings").length > 0) await memory.prepare();
  };
  const learning = keepLearning(learn, abort.signal, (error) => {
    if (error !== undefined && faults.search === undefined)
      log.error("memory cannot be indexed", { error: errorText(error) });
    faults.search = error === undefined ? undefined : notIndexed;
  });
  const embedding = work.embedding.run(abort.signal);
  const sweeping = sweep(work, abort.signal);
  const forgetting = finishForgetting(work, abort.signal);
  return {
    [Symbol.asyncDispose]: async () => {
      abort.abort();
      await Promise.allSettled([learning, embedding, sweeping, forgetting]);
    },
  };
}

/** Learns the manual, and tries again for as long as it cannot be done: a full disk does not stay full. */
async function keepLearning(
  learn: () => Promise<void>,
  signal: AbortSignal,
  tell: (error: unknown) => void,
): Promise<void> {
  for (
    let waitMs = learnAgainFirstMs;
    !signal.aborted;
    waitMs = Math.min(waitMs * 2, learnAgainMsMax)
  ) {
    try {
      await learn();
      tell(undefined);
      return;
    } catch (error) {
      tell(error);
    }
    await waitFor(waitMs, signal);
  }
}

/** Memory holds the manual of the version that runs: pages that changed since are replaced. */
async function learnManual(memory: Memory, folder: URL): Promise<void> {
  // Nobody's words: who forgets everything of theirs does not forget the manual.
  const pages = await readManual(fileURLToPath(folder));
  await memory.addAll(pages, { ...owner, id: manualAuthor, person: "node" });
}

function retentionPolicy(retention: NodeConfig["retention"]): RetentionPolicy {
  return {
    trace: retention.trace_days * dayMs,
    ...(retention.message_days === undefined ? {} : { message: retention.message_days * dayMs }),
    ...(retention.event_days === undefined ? {} : { event: retention.event_days * dayMs }),
  };
}

async function sweep(
  { journal, retention, conversations, log }: BackgroundWork,
  signal: AbortSignal,
): Promise<void> {
  const policy = retentionPolicy(retention);
  while (!signal.aborted) {
    await waitFor(sweepEveryMs, signal);
    if (signal.aborted) return;
    try {
      const { erased } = await journal.sweep(policy, signal);
      if (erased === 0) continue;
      conversations.forgetWords();
      log.info("retention erased payloads", { erased });
    } catch (error) {
      // The next round tries again; a disk that takes nothing is reported by the journal's own state.
      log.warn("retention could not run", { error: errorText(error) });
    }
  }
}

/** What a process that ended, or a failure, has left in the middle is finished. */
async function finishForgetting(
  { forgetting, log }: BackgroundWork,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const finished = await forgetting.finish();
      if (finished > 0) log.info("forgetting was finished", { finished });
    } catch (error) {
      log.warn("forgetting could not be finished yet", { error: errorText(error) });
    }
    await waitFor(forgetAgainEveryMs, signal);
  }
}

function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms).unref();
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
