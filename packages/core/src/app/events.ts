import {
  type CloudEvent,
  eventDataBytesMax,
  type EventsAccepted,
  grantCovers,
  type JournalEvent,
  type JournalPage,
  journalPageTextBytesMax,
  type JournalQuery,
  problem,
} from "@adyton/protocol";
import * as z from "zod";
import { ProblemError } from "../domain/problem-error.ts";
import type { Principal, StreamSink } from "../ports/http.ts";
import type { JournalPort, JournalRecord, RecordHeader, RecordsPort } from "../ports/journal.ts";
import { breath } from "./breath.ts";
import type { Idempotency } from "./idempotency.ts";
import { maySeeWords } from "./permissions.ts";

export interface EventsOptions {
  readonly journal: JournalPort;
  readonly records: RecordsPort;
  readonly idempotency: Idempotency;
  /** The CloudEvents source of the node's own records. */
  readonly nodeSource: string;
}

const pageDefault = 100;
/** Headers read with one step; between two steps the event loop is free. */
const stepRecords = 100;
/** Records looked at for one page, visible or not; there is more where this ends it. */
const lookedAtMax = 2_000;

const EnvelopeData = z.looseObject({
  id: z.string(),
  source: z.string(),
  subject: z.string().optional(),
  datacontenttype: z.string().optional(),
  data: z.unknown().optional(),
});
/** Facts that are of no use to a reader: digests. */
const hiddenFacts: ReadonlySet<string> = new Set([
  "hash",
  "sourceKey",
  "sha256",
  "scope",
  "clusters",
  "subjectKey",
  "slotKey",
  "nameKey",
]);

/** Events in and the journal out. */
export class Events {
  readonly #options: EventsOptions;

  constructor(options: EventsOptions) {
    this.#options = options;
  }

  /** Writes events from outside; resolves when all are on disk. Each (source, id) of a caller counts once. */
  async accept(
    handedIn: CloudEvent | readonly CloudEvent[],
    by: Principal,
  ): Promise<EventsAccepted> {
    const isBatch = Array.isArray(handedIn);
    const events: readonly CloudEvent[] = [handedIn].flat();
    events.forEach((event, index) => this.#check(event, isBatch ? `/${index}` : ""));
    const outcomes = await Promise.all(events.map((event) => this.#append(event, by)));
    return {
      accepted: outcomes.filter((outcome) => !outcome.duplicate).length,
      duplicates: outcomes.filter((outcome) => outcome.duplicate).length,
      events: outcomes,
    };
  }

  async #append(event: CloudEvent, by: Principal): Promise<EventsAccepted["events"][number]> {
    const outcome = await this.#options.journal.append({
      records: [
        {
          origin: "outside",
          type: event.type,
          class: "event",
          owner: by.person,
          actor: by.id,
          tier: by.tier,
          hop: event.hop,
          facts: {},
          data: event,
        },
      ],
      dedupe: this.#options.idempotency.eventKey(by.id, event.source, event.id),
    });
    const duplicate = outcome.kind === "duplicate";
    const seq = outcome.kind === "duplicate" ? outcome.seq : outcome.firstSeq;
    return { id: event.id, source: event.source, seq, duplicate };
  }

  #check(event: CloudEvent, at: string): void {
    const refuse = (path: string, message: string): never => {
      throw new ProblemError(
        problem("invalid_body", { errors: [{ path: `${at}${path}`, message }] }),
      );
    };
    if (event.source.startsWith("/adyton/"))
      refuse("/source", "sources under /adyton/ are the node's own");
    const bytes = Buffer.byteLength(JSON.stringify(event.data ?? event.data_base64 ?? null));
    if (bytes > eventDataBytesMax)
      refuse("/data", `must have at most ${eventDataBytesMax} bytes as JSON`);
  }

  /**
   * One page of what the caller may see: after a record, or the newest. `next` is never beyond what was looked at, so a
   * reader who goes on from there misses nothing.
   */
  async page(query: JournalQuery, caller: Principal): Promise<JournalPage> {
    return query.last === undefined
      ? this.#pageAfter(query, caller)
      : this.#newest(query.last, query, caller);
  }

  async #pageAfter(query: JournalQuery, caller: Principal): Promise<JournalPage> {
    const limit = query.limit ?? pageDefault;
    const page = new Page(limit);
    let next = query.after ?? 0;
    for (let looked = 0; looked < lookedAtMax; looked += stepRecords) {
      const headers = this.#options.records.headersAfter(next, stepRecords);
      for (const header of headers) {
        const view = viewOf(header, caller, query.type);
        if (view !== "hidden") {
          if (!page.takes(header, view)) return { events: page.events, next, more: true };
          page.events.push(this.#show(header, view));
        }
        next = header.seq;
      }
      if (headers.length < stepRecords) return { events: page.events, next, more: false };
      await breath();
    }
    return { events: page.events, next, more: true };
  }

  /**
   * Backwards from the newest record, in steps: sequence numbers have no gaps. Older records that the page does not
   * take are left out, as those beyond `limit` are.
   */
  async #newest(limit: number, query: JournalQuery, caller: Principal): Promise<JournalPage> {
    const newest = this.#options.records.lastSeq();
    const lowest = Math.max(0, newest - lookedAtMax);
    const page = new Page(limit);
    const ended = () => ({ events: page.events.toReversed(), next: newest, more: false });
    for (let top = newest; top > lowest;) {
      const below = Math.max(lowest, top - stepRecords);
      for (const header of this.#options.records.headersAfter(below, top - below).toReversed()) {
        const view = viewOf(header, caller, query.type);
        if (view === "hidden") continue;
        if (!page.takes(header, view)) return ended();
        page.events.push(this.#show(header, view));
      }
      top = below;
      await breath();
    }
    return ended();
  }

  /**
   * Writes the journal to a stream, from a sequence number on and then as it grows, until the client goes away. A record
   * is read when the one before it has left the buffer, so the reader sets the pace and memory holds one of them. A
   * client that names a record which does not exist yet is told to start again from the end.
   */
  async follow(
    sink: StreamSink,
    caller: Principal,
    from: { after: number; type?: string | undefined },
  ): Promise<void> {
    let { after } = from;
    const last = this.#options.records.lastSeq();
    if (after > last) {
      sink.send({ id: last, event: "reset", data: { last } });
      after = last;
    }
    let wake: (() => void) | undefined;
    const unsubscribe = this.#options.journal.onAppended(() => wake?.());
    const onGone = (): void => wake?.();
    sink.signal.addEventListener("abort", onGone);
    try {
      while (!sink.signal.aborted) {
        // Made before reading: what is written after the read settles it.
        const { promise: grown, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const headers = this.#options.records.headersAfter(after, stepRecords);
        for (const header of headers) {
          const view = viewOf(header, caller, from.type);
          if (view !== "hidden") {
            if (!sink.send({ id: header.seq, data: this.#show(header, view) })) return;
            await sink.drained();
            if (sink.signal.aborted) return;
          }
          after = header.seq;
        }
        if (headers.length === stepRecords) await breath();
        else if (!sink.signal.aborted) await grown;
      }
    } finally {
      unsubscribe();
      sink.signal.removeEventListener("abort", onGone);
    }
  }

  /** A record as its view allows. Its payload is read only when it is shown, and may have been erased meanwhile. */
  #show(header: RecordHeader, view: Exclude<View, "hidden">): JournalEvent {
    const record =
      view === "words" && header.payload === "present"
        ? this.#options.records.record(header.seq)
        : undefined;
    const withWords = view === "words" ? "present" : "withheld";
    const payload = (record ?? header).payload === "erased" ? "erased" : withWords;
    return {
      ...this.#envelope({ ...header, data: record?.data }, payload),
      ...journalAttributes(header),
      payload,
    };
  }

  #envelope(record: JournalRecord, payload: JournalEvent["payload"]) {
    const time = new Date(record.timeMs).toISOString();
    const own = {
      specversion: "1.0" as const,
      id: String(record.seq),
      source: this.#options.nodeSource,
      type: record.type,
      time,
    };
    if (record.origin === "node") {
      return payload === "present" && record.data !== undefined
        ? { ...own, data: record.data }
        : own;
    }
    const envelope = EnvelopeData.safeParse(record.data).data;
    if (payload !== "present" || envelope === undefined)
      return { ...own, source: `${own.source}/outside` };
    const { id, source, subject, datacontenttype, data } = envelope;
    return {
      ...own,
      id,
      source,
      ...(subject === undefined ? {} : { subject }),
      ...(datacontenttype === undefined ? {} : { datacontenttype }),
      ...(data === undefined ? {} : { data }),
    };
  }
}

/** What a caller sees of a record: its words as well, its header alone, or not that it exists. */
type View = "words" | "header" | "hidden";

function viewOf(header: RecordHeader, caller: Principal, type: string | undefined): View {
  const isAsked =
    type === undefined ||
    header.type === type ||
    (type.endsWith(".") && header.type.startsWith(type));
  if (!isAsked) return "hidden";
  if (maySeeWords(caller, header.owner)) return "words";
  return grantCovers(caller.grants, "admin") ? "header" : "hidden";
}

/** The events of one page, bounded in their number and in the bytes read for them. */
class Page {
  readonly events: JournalEvent[] = [];
  readonly #limit: number;
  #textBytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether the page has room for one more record, whose bytes then count. */
  takes(header: RecordHeader, view: View): boolean {
    if (this.events.length === this.#limit) return false;
    const bytes = header.factsBytes + (view === "words" ? header.payloadBytes : 0);
    if (this.events.length > 0 && this.#textBytes + bytes > journalPageTextBytesMax) return false;
    this.#textBytes += bytes;
    return true;
  }
}

function journalAttributes(record: RecordHeader) {
  const facts = Object.entries(z.record(z.string(), z.unknown()).parse(record.facts)).filter(
    ([name]) => !hiddenFacts.has(name),
  );
  return {
    seq: record.seq,
    owner: record.owner,
    tier: record.tier,
    ...(facts.length === 0 ? {} : { facts: Object.fromEntries(facts) }),
    ...(record.conversation === null ? {} : { conversation: record.conversation }),
    ...(record.cause === null ? {} : { cause: record.cause }),
  };
}
