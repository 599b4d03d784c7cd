import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  CloudEvent,
  eventDataBytesMax,
  JournalEvent,
  type JournalPage,
  journalPageTextBytesMax,
  type JournalQuery,
} from "@adyton/protocol";
import { ProblemError } from "../domain/problem-error.ts";
import type { Principal, StreamSink } from "../ports/http.ts";
import { HeldBackend, openApp, type OpenApp, person, question, until } from "./test/app-fixture.ts";
import { local, owner } from "./tokens.ts";

const event = (id: string, more: object = {}): CloudEvent =>
  CloudEvent.parse({ specversion: "1.0", id, source: "/sensor", type: "a.b", ...more });
const faultAt = (path: string) => (error: unknown) =>
  error instanceof ProblemError && error.problem.errors?.[0]?.path === path;

class Sink implements StreamSink {
  readonly sent: { id?: number; event?: string; data: unknown }[] = [];
  readonly #gone = new AbortController();

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  send(sent: { id?: number; event?: string; data: unknown }): boolean {
    this.sent.push(sent);
    return true;
  }

  async drained(): Promise<void> {
    await Promise.resolve();
  }

  leave(): void {
    this.#gone.abort();
  }
}

/** A stream whose buffer holds so many bytes, until its writer waits for it to drain. */
class NarrowSink extends Sink {
  readonly #bytesMax: number;
  #waiting = 0;

  constructor(bytesMax: number) {
    super();
    this.#bytesMax = bytesMax;
  }

  override send(sent: { id?: number; event?: string; data: unknown }): boolean {
    const bytes = Buffer.byteLength(JSON.stringify(sent.data));
    if (this.#waiting + bytes > this.#bytesMax) return false;
    this.#waiting += bytes;
    return super.send(sent);
  }

  override async drained(): Promise<void> {
    await super.drained();
    this.#waiting = 0;
  }
}

/** Counts the payloads that are read. */
function countReads(app: OpenApp): { reads: number } {
  const count = { reads: 0 };
  const record = app.records.record.bind(app.records);
  app.records.record = (seq) => {
    count.reads += 1;
    return record(seq);
  };
  return count;
}

/** Events whose text in the journal, facts included, has exactly so many bytes. */
async function fillBytes(app: OpenApp, count: number, bytes: number): Promise<void> {
  await app.events.accept([event("0000", { data: "" })], owner);
  const [empty] = app.records.headersAfter(app.records.lastSeq() - 1, 1);
  const length = bytes - (empty?.factsBytes ?? 0) - (empty?.payloadBytes ?? 0);
  const events = Array.from({ length: count }, (_, n) =>
    event(String(1_000 + n), { data: "x".repeat(length) }),
  );
  await app.events.accept(events, owner);
}

async function fill(app: OpenApp, count: number, type = "a.b", by: Principal = owner) {
  const events = Array.from({ length: count }, (_, n) => event(`${type}/${n}`, { type, data: n }));
  await app.events.accept(events, by);
}

describe("events from outside", () => {
  it("count once for each source and id of a caller", async () => {
    await using app = await openApp();
    const accepted = await app.events.accept([event("1"), event("1"), event("2")], owner);
    assert.deepEqual([accepted.accepted, accepted.duplicates], [2, 1]);
    assert.equal(accepted.events[0]?.seq, accepted.events[1]?.seq);
    const again = await app.events.accept(event("1", { data: "другое" }), owner);
    assert.deepEqual([again.accepted, again.duplicates], [0, 1]);
    assert.equal((await app.events.accept(event("1"), person("other"))).accepted, 1);
    const ofSource = await app.events.accept(event("1", { source: "/other" }), owner);
    assert.equal(ofSource.accepted, 1);
  });

  it("have a source of their own and a bounded payload, or nothing is written", async () => {
    await using app = await openApp();
    const reserved = event("1", { source: "/adyton/x" });
    await assert.rejects(app.events.accept(reserved, owner), faultAt("/source"));
    await assert.rejects(app.events.accept([event("2"), reserved], owner), faultAt("/1/source"));
    // Two quotation marks belong to the data as JSON.
    const data = "я".repeat((eventDataBytesMax - 2) / 2);
    await assert.rejects(
      app.events.accept(event("3", { data: `${data}a` }), owner),
      faultAt("/data"),
    );
    assert.equal(app.records.lastSeq(), 0);
    assert.equal((await app.events.accept(event("4", { data }), owner)).accepted, 1);
  });
});

describe("pages of the journal", () => {
  it("follow each other without a gap, whatever the limit and the type", async () => {
    await using app = await openApp();
    await fill(app, 130);
    await fill(app, 30, "c.d");
    for (const query of [{ limit: 7 }, { limit: 100 }, { limit: 9, type: "a." }, { type: "c.d" }]) {
      const seen: JournalEvent[] = [];
      let page: JournalPage;
      let after = 0;
      do {
        page = await app.events.page({ ...query, after }, owner);
        assert.ok(page.events.length <= (query.limit ?? 100));
        seen.push(...page.events.map((each) => JournalEvent.parse(each)));
        assert.ok(page.next > after || !page.more, "it goes on");
        after = page.next;
      } while (page.more);
      const wanted = query.type === undefined ? 160 : query.type === "c.d" ? 30 : 130;
      assert.equal(seen.length, wanted);
      assert.equal(new Set(seen.map(({ seq }) => seq)).size, wanted);
      assert.equal(after, 160);
    }
    assert.deepEqual(await app.events.page({ after: 160 }, owner), {
      events: [],
      next: 160,
      more: false,
    });
    const exactly = await app.events.page({ after: 150, limit: 10 }, owner);
    assert.deepEqual([exactly.events.length, exactly.more], [10, false]);
  });

  it("of the newest are in order and lead on", async () => {
    await using app = await openApp();
    await fill(app, 130, "c.d");
    await fill(app, 120);
    const seqs = async (query: JournalQuery): Promise<number[]> =>
      (await app.events.page(query, owner)).events.map(({ seq }) => seq);
    assert.deepEqual(await seqs({ last: 2 }), [249, 250]);
    assert.deepEqual(await seqs({ last: 2, type: "c.d" }), [129, 130]);
    assert.equal((await seqs({ last: 500 })).length, 250);
    assert.deepEqual(await seqs({ last: 3, type: "c" }), [], "a prefix ends in a dot");
    assert.equal((await app.events.page({ last: 1, type: "c." }, owner)).next, 250);
  });

  const sizes: ReadonlyArray<readonly [bytes: number, events: number]> = [
    [journalPageTextBytesMax / 16, 16],
    [journalPageTextBytesMax / 16 + 1, 15],
  ];
  for (const [bytes, count] of sizes)
    it(`hold ${count} events of ${bytes} bytes, and lead on to the others`, async () => {
      await using app = await openApp();
      await fillBytes(app, 20, bytes);
      const first = await app.events.page({ after: 1 }, owner);
      assert.deepEqual([first.events.length, first.next, first.more], [count, count + 1, true]);
      const rest = await app.events.page({ after: first.next }, owner);
      assert.deepEqual([rest.events.length, rest.next, rest.more], [20 - count, 21, false]);
      const newest = await app.events.page({ last: 20 }, owner);
      assert.deepEqual(
        newest.events.map(({ seq }) => seq),
        Array.from({ length: count }, (_, n) => 22 - count + n),
      );
    });

  it("hold one record at least, however long it is", async () => {
    await using app = await openApp();
    const text = "слово ".repeat(300_000);
    const document = {
      title: "Т",
      text,
      source: "s",
      mediaType: "text/plain",
      shared: false,
    } as const;
    for (const source of ["a", "b", "c"]) await app.memory.add({ ...document, source }, owner);
    const page = await app.events.page({}, owner);
    assert.deepEqual([page.events.length, page.next, page.more], [1, 1, true]);
    assert.equal((await app.events.page({ last: 3 }, owner)).events[0]?.seq, 3);
  });

  it("read no words that the caller may not see", async () => {
    await using app = await openApp();
    await fill(app, 50);
    const count = countReads(app);
    const anna = person("anna", "read");
    assert.equal((await app.events.page({}, anna)).next, 50);
    assert.deepEqual((await app.events.page({ last: 50 }, anna)).events, []);
    const admin = person("boris", "admin");
    assert.equal((await app.events.page({}, admin)).events.length, 50);
    assert.deepEqual((await app.events.page({ type: "c.d" }, owner)).events, []);
    assert.equal(count.reads, 0);
    assert.equal((await app.events.page({ limit: 7 }, owner)).events.length, 7);
    assert.equal(count.reads, 7);
  });

  it("end after so many records that nobody may see, and say that there is more", async () => {
    await using app = await openApp();
    for (let n = 0; n < 5; n += 1) await fill(app, 450, `t${n}.x`);
    const anna = person("anna", "read");
    const first = await app.events.page({}, anna);
    assert.deepEqual([first.events.length, first.next, first.more], [0, 2_000, true]);
    const second = await app.events.page({ after: first.next }, anna);
    assert.deepEqual([second.next, second.more], [2_250, false]);
    assert.deepEqual((await app.events.page({ last: 5, type: "t0.x" }, owner)).events.length, 5);
  });
});

describe("what a reader sees of a record", () => {
  it("is everything of its own, and headers alone of another person's for the owner", async () => {
    await using app = await openApp({ backend: new HeldBackend(4, "ответ") });
    const anna = person("anna");
    await app.turns.submit(question("секрет", { principal: anna })).end;
    await app.events.accept(event("1", { data: { секрет: 1 }, subject: "секрет" }), anna);
    const own = (await app.events.page({}, anna)).events;
    assert.deepEqual(
      own.map(({ payload }) => payload),
      ["present", "present", "present"],
    );
    assert.match(JSON.stringify(own), /секрет/);
    assert.deepEqual(own[2]?.data, { секрет: 1 });
    const withheld = (await app.events.page({}, owner)).events;
    assert.deepEqual(
      withheld.map(({ payload }) => payload),
      ["withheld", "withheld", "withheld"],
    );
    assert.doesNotMatch(JSON.stringify(withheld), /секрет|ответ|sensor/);
    assert.deepEqual((await app.events.page({}, person("boris"))).events, []);
    assert.deepEqual((await app.events.page({}, local)).events, []);
    for (const each of [...own, ...withheld]) JournalEvent.parse(each);
  });

  it("says when it is erased", async () => {
    await using app = await openApp({ backend: new HeldBackend(4, "ответ") });
    await app.turns.submit(question("секрет")).end;
    const past = new AbortController().signal;
    await new Promise((resolve) => setImmediate(resolve));
    const policy = { message: -1_000 };
    const { erased } = await app.real.sweep(policy, past);
    assert.equal(erased, 2);
    const { events } = await app.events.page({ type: "turn." }, owner);
    assert.deepEqual(
      events.map(({ payload }) => payload),
      ["erased", "erased"],
    );
    assert.equal(events[1]?.facts?.["by"], "model", "figures stay");
  });

  it("never holds a digest of the node's own", async () => {
    await using app = await openApp();
    await app.tokens.add({ name: "ha", may: ["say"], person: false }, owner);
    const { events } = await app.events.page({}, owner);
    assert.equal(events[0]?.facts?.["name"], "ha");
    assert.equal(events[0]?.facts?.["hash"], undefined);
  });
});

describe("following the journal", () => {
  it("loses and doubles nothing while much is appended at once", async () => {
    await using app = await openApp();
    await fill(app, 150, "before.x");
    const sinks = [new Sink(), new Sink(), new Sink()];
    const types = [undefined, "during.", "before.x"];
    const following = sinks.map((sink, at) =>
      app.events.follow(sink, owner, { after: at * 10, type: types[at] }),
    );
    await Promise.all(Array.from({ length: 20 }, (_, n) => fill(app, 20, `during.t${n}`)));
    await until("all", () => (sinks[0]?.sent.length ?? 0) >= 550);
    await until("the typed", () => (sinks[1]?.sent.length ?? 0) >= 400);
    for (const sink of sinks) sink.leave();
    await Promise.all(following);
    const ids = sinks.map((sink) => sink.sent.map(({ id }) => id));
    assert.deepEqual(
      ids[0],
      Array.from({ length: 550 }, (_, n) => n + 1),
    );
    assert.deepEqual(
      ids[1],
      Array.from({ length: 400 }, (_, n) => n + 151),
    );
    assert.deepEqual(
      ids[2],
      Array.from({ length: 130 }, (_, n) => n + 21),
    );
  });

  it("gives a reader who keeps up everything, though it is far more than its buffer", async () => {
    await using app = await openApp();
    await fillBytes(app, 100, 250_000);
    const sink = new NarrowSink(1024 * 1024);
    const following = app.events.follow(sink, owner, { after: 1 });
    await until("all", () => sink.sent.length === 100);
    sink.leave();
    await following;
    assert.deepEqual(
      sink.sent.map(({ id }) => id),
      Array.from({ length: 100 }, (_, n) => n + 2),
    );
  });

  it("reads no further than its reader, and ends when the stream takes no more", async () => {
    await using app = await openApp();
    await fill(app, 50);
    const count = countReads(app);
    const taken = Promise.withResolvers<void>();
    const slow = new Sink();
    slow.drained = () => taken.promise;
    const following = app.events.follow(slow, owner, { after: 0 });
    assert.deepEqual([slow.sent.length, count.reads], [1, 1]);
    slow.leave();
    taken.resolve();
    await following;
    assert.equal(count.reads, 1);
    const closed = new NarrowSink(0);
    await app.events.follow(closed, owner, { after: 0 });
    assert.deepEqual([closed.sent.length, count.reads], [0, 2]);
  });

  it("starts from the end when the reader is ahead of the journal", async () => {
    await using app = await openApp();
    await fill(app, 3);
    const sink = new Sink();
    const following = app.events.follow(sink, owner, { after: 9 });
    await fill(app, 1, "new.x");
    await until("the record", () => sink.sent.length === 2);
    sink.leave();
    await following;
    assert.deepEqual(sink.sent[0], { id: 3, event: "reset", data: { last: 3 } });
    assert.equal(sink.sent[1]?.id, 4);
  });

  it("ends at once for a reader who is gone already", async () => {
    await using app = await openApp();
    const sink = new Sink();
    sink.leave();
    await app.events.follow(sink, owner, { after: 0 });
    assert.deepEqual(sink.sent, []);
  });
});
