import type { Bilingual, Health } from "@adyton/protocol";
import type { JournalPort } from "../ports/journal.ts";
import type { BackendPool, PooledBackend } from "./backend-pool.ts";

type Part = Health["parts"][number];

export interface HealthOptions {
  readonly version: string;
  readonly startedMs: number;
  readonly journal: JournalPort;
  readonly backends: BackendPool;
  /** Why the search index does not work at present; `undefined` when it does. */
  readonly searchFault: () => Bilingual | undefined;
  /** The messengers' doors, each a part. */
  readonly doors: () => readonly Part[];
  /** What the node can do without: the clock beside the relay's, and the server for speech, where there are any. */
  readonly others: () => readonly Part[];
  /** The mode of conversations that have none of their own. */
  readonly mode: () => string;
  readonly language: keyof Bilingual;
  readonly now: () => number;
}

const storageDetails = {
  storage_full: {
    en: "The disk is full: nothing is accepted until there is room. The node goes on by itself then.",
    ru: "Диск полон: пока не освободится место, ничего не принимается. Потом узел продолжит сам.",
  },
  storage_failed: {
    en: "The journal cannot be written: nothing is accepted. The log says why.",
    ru: "Журнал не записывается: ничего не принимается. Причина — в логе.",
  },
} as const satisfies Record<string, Bilingual>;

const noModel: Bilingual = {
  en: "No model is connected; answers are quotes from memory.",
  ru: "Модель не подключена; ответы — цитаты из памяти.",
};

/** Whether the node works, part by part. Details name addresses, so they are for the owner alone. */
export function healthOf(options: HealthOptions, withDetails: boolean): Health {
  const { language } = options;
  const storage = storagePart(options.journal, language);
  const search = searchPart(options.searchFault()?.[language]);
  const doors = options.doors();
  const models = backendParts(options.backends, language);
  const parts = [storage, ...models, search, ...doors, ...options.others()];
  const chats = options.backends.of("chat").length === 0 || options.backends.works("chat");
  const worst = parts.some((part) => part.status === "failed")
    ? "failed"
    : parts.some((part) => part.status === "degraded")
      ? "degraded"
      : "ok";
  return {
    status: worst,
    ready: [storage, search, ...doors].every(({ status }) => status === "ok") && chats,
    version: options.version,
    uptimeSeconds: Math.floor((options.now() - options.startedMs) / 1_000),
    parts: withDetails
      ? parts
      : parts.map(({ detail: _detail, strangers: _strangers, ...part }) => part),
    ...(withDetails ? { mode: options.mode(), ...workersOf(options.backends) } : {}),
  };
}

function storagePart({ storage }: JournalPort, language: keyof Bilingual): Part {
  if (storage === "ok") return { name: "journal", status: "ok" };
  return { name: "journal", status: "failed", detail: storageDetails[storage][language] };
}

function workersOf({ members }: BackendPool): Pick<Health, "workers"> {
  const lists = members.flatMap(({ backend }) => (backend.workers ? [backend.workers()] : []));
  return lists.length === 0 ? {} : { workers: lists.flat() };
}

/** One part for each model server; the only one is simply the model. */
function backendParts({ members }: BackendPool, language: keyof Bilingual): Part[] {
  if (members.some(({ roles }) => roles.includes("chat"))) return members.map(backendPart);
  return [{ name: "model", status: "ok", detail: noModel[language] }, ...members.map(backendPart)];
}

function backendPart(
  { backend, roles }: PooledBackend,
  _index: number,
  { length }: readonly PooledBackend[],
): Part {
  const { status, detail, sinceMs } = backend.health();
  return {
    name: length === 1 && roles.includes("chat") ? "model" : `model:${backend.name}`,
    status: status === "degraded" ? "degraded" : "ok",
    detail,
    ...(sinceMs > 0 ? { since: new Date(sinceMs).toISOString() } : {}),
  };
}

function searchPart(fault: string | undefined): Part {
  return fault === undefined
    ? { name: "search", status: "ok" }
    : { name: "search", status: "degraded", detail: fault };
}
