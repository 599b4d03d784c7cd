import type { Health } from "@adyton/protocol";
import type { Backend } from "../ports/backend.ts";
import type { JournalPort } from "../ports/journal.ts";

export interface HealthOptions {
  readonly version: string;
  readonly startedMs: number;
  readonly journal: JournalPort;
  readonly backend: () => Backend | undefined;
  /** Why the search index does not work at present; `undefined` when it does. */
  readonly searchFault: () => string | undefined;
  readonly now: () => number;
}

type Part = Health["parts"][number];

const storageDetails = {
  storage_full:
    "The disk is full: nothing is accepted until there is room. The node goes on by itself then.",
  storage_failed: "The journal cannot be written: nothing is accepted. The log says why.",
} as const;

/** Whether the node works, part by part. Details name addresses, so they are for the owner alone. */
export function healthOf(options: HealthOptions, withDetails: boolean): Health {
  const parts = [
    storagePart(options.journal),
    backendPart(options.backend()),
    searchPart(options.searchFault()),
  ];
  const worst = parts.some((part) => part.status === "failed")
    ? "failed"
    : parts.some((part) => part.status === "degraded")
      ? "degraded"
      : "ok";
  return {
    status: worst,
    ready: worst === "ok",
    version: options.version,
    uptimeSeconds: Math.floor((options.now() - options.startedMs) / 1_000),
    parts: parts.map(({ detail, ...part }) =>
      withDetails && detail !== undefined ? { ...part, detail } : part,
    ),
  };
}

function storagePart({ storage }: JournalPort): Part {
  if (storage === "ok") return { name: "journal", status: "ok" };
  return { name: "journal", status: "failed", detail: storageDetails[storage] };
}

function backendPart(backend: Backend | undefined): Part {
  if (backend === undefined) {
    return {
      name: "model",
      status: "ok",
      detail: "No model is connected; answers are quotes from memory.",
    };
  }
  const { status, detail, sinceMs } = backend.health();
  return {
    name: "model",
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
