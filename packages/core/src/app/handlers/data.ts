import type { Handlers } from "../../ports/http.ts";
import type { Events } from "../events.ts";
import type { Forgetting } from "../forgetting.ts";
import { type Idempotency, refuseKey, replayedHeader } from "../idempotency.ts";
import type { Memory } from "../memory.ts";
import type { MemoryTransfer } from "../memory-transfer.ts";

export interface DataOptions {
  readonly events: Events;
  readonly memory: Memory;
  readonly forgetting: Forgetting;
  readonly transfer: MemoryTransfer;
  readonly idempotency: Idempotency;
}

/** The handlers of events, the journal's stream and memory. */
export function dataHandlers({
  events,
  memory,
  forgetting,
  transfer,
  idempotency,
}: DataOptions): Pick<
  Handlers,
  | "postEvents"
  | "getEvents"
  | "addDocument"
  | "listDocuments"
  | "searchMemory"
  | "previewForgetting"
  | "forget"
  | "exportMemory"
  | "importMemory"
> {
  return {
    postEvents: async (call) => {
      return { kind: "json", body: await events.accept(call.body, call.principal) };
    },
    getEvents: async (call) => {
      const query = call.query;
      if (!call.wantsStream)
        return { kind: "json", body: await events.page(query, call.principal) };
      const after = call.lastEventId ?? query.after ?? 0;
      return {
        kind: "stream",
        write: (sink) => events.follow(sink, call.principal, { after, type: query.type }),
      };
    },
    addDocument: async (call) => {
      const dedupe = idempotency.keyOf(call);
      const known = dedupe === undefined ? undefined : idempotency.look(dedupe);
      if (known?.kind === "answered") {
        // The document may have been replaced since, so the request is not carried out again.
        return { kind: "json", body: memory.addedBy(known.record), headers: replayedHeader };
      }
      return { kind: "json", body: await memory.add(call.body, call.principal, dedupe) };
    },
    listDocuments: async (call) => ({ kind: "json", body: await memory.list(call.principal) }),
    exportMemory: async ({ principal }) => ({
      kind: "stream",
      write: (sink) => transfer.export(sink, principal),
    }),
    importMemory: async ({ body, principal }) => ({
      kind: "json",
      body: await transfer.import(body, principal),
    }),
    searchMemory: async (call) => {
      const { q, limit } = call.query;
      return { kind: "json", body: await memory.search(q, call.principal, limit) };
    },
    previewForgetting: async (call) => {
      refuseKey(call, "A preview shows what is there now");
      return { kind: "json", body: await forgetting.preview(call.body, call.principal) };
    },
    forget: async (call) => {
      refuseKey(call, "A preview can be confirmed once");
      return { kind: "json", body: await forgetting.confirm(call.body.confirm, call.principal) };
    },
  };
}
