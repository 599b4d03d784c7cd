import {
  type CloudEvent,
  eventDataBytesMax,
  type EventsAccepted,
  grantCovers,
  type JournalEvent,
  type JournalPage,
  type JournalQuery,
  problem,
} from "@adyton/protocol";
import * as z from "zod";
import { ProblemError } from "../domain/problem-error.ts";
import type { Principal, StreamSink } from "../ports/http.ts";
import type { JournalPort, JournalRecord, RecordsPort } from "../ports/journal.ts";
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
/** Records read with one step; between two steps the event loop is free. */
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
const hiddenFacts: ReadonlySet<string> = new Set(["hash", "sourceKey", "sha256"]);

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
    const events: JournalEvent[] = [];
    let next = query.after ?? 0;
    for (let looked = 0; looked < lookedAtMax; looked += stepRecords) {
      const records = this.#options.records.after(next, stepRecords);
      for (const record of records) {
        const seen = this.#view(record, caller, query.type);
        if (seen.length > 0 && events.length === limit) return { events, next, more: true };
        next = record.seq;
        events.push(...seen);
      }
      if (records.length < stepRecords) return { events, next, more: false };
      await breath();
    }
    return { events, next, more: true };
  }

  /** Backwards from the newest record, in steps: sequence numbers have no gaps. */
  async #newest(limit: number, query: JournalQuery, caller: Principal): Promise<JournalPage> {
    const newest = this.#options.records.lastSeq();
    const lowest = Math.max(0, newest - lookedAtMax);
    const events: JournalEvent[] = [];
    for (let top = newest; top > lowest && events.length < limit;) {
      const below = Math.max(lowest, top - stepRecords);
      const records = this.#options.records.after(below, top - below);
      events.unshift(...records.flatMap((record) => this.#view(record, caller, query.type)));
      top = below;
      await breath();
    }
    return { events: events.slice(-limit), next: newest, more: false };
  }

  /**
   * Writes the journal to a stream, from a sequence number on and then as it grows, until the client goes away. A
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
        const records = this.#options.records.after(after, stepRecords);
        for (const record of records) {
          after = record.seq;
          for (const event of this.#view(record, caller, from.type))
            sink.send({ id: record.seq, data: event });
        }
        await sink.drained();
        if (records.length === stepRecords) await breath();
        else if (!sink.signal.aborted) await grown;
      }
    } finally {
      unsubscribe();
      sink.signal.removeEventListener("abort", onGone);
    }
  }

  /** A record as the caller may see it; nothing when it may not. */
  #view(record: JournalRecord, caller: Principal, type: string | undefined): JournalEvent[] {
    if (
      type !== undefined &&
      record.type !== type &&
      !(type.endsWith(".") && record.type.startsWith(type))
    )
      return [];
    const seesWords = maySeeWords(caller, record.owner);
    if (!seesWords && !grantCovers(caller.grants, "admin")) return [];
    const payload = record.payload === "erased" ? "erased" : seesWords ? "present" : "withheld";
    return [{ ...this.#envelope(record, payload), ...journalAttributes(record), payload }];
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

function journalAttributes(record: JournalRecord) {
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
