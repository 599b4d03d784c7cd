import {
  type Bilingual,
  forgetPreviewMsMax,
  forgetPreviewsAtOnceMax,
  forgetPreviewsMax,
  type ForgetCounts,
  type ForgetPreview,
  type ForgetReceipt,
  type ForgetSelection,
  grantCovers,
  problem,
} from "@adyton/protocol";
import * as z from "zod";
import { factsByType, type NewRecord } from "../domain/journal/record.ts";
import { ProblemError } from "../domain/problem-error.ts";
import type {
  ForgetQuery,
  ForgetSelected,
  ForgettingPort,
  SeqRanges,
} from "../ports/forgetting.ts";
import type { Principal } from "../ports/http.ts";
import type { ForgettingState, JournalPort, StatePort } from "../ports/journal.ts";
import { blockKey, type Blocks } from "./blocks.ts";
import { subjectKey } from "./fact-words.ts";
import type { Conversations } from "./conversations.ts";
import type { FadingRecords } from "./fading-records.ts";
import { keyedDigest, newId } from "./identifiers.ts";
import type { LiveRun } from "./live-run.ts";
import type { Memory } from "./memory.ts";
import { OneByOne } from "./one-by-one.ts";
import { maySeeWords } from "./permissions.ts";
import { problemWords } from "./problem-words.ts";
import type { Turns } from "./turns.ts";

export interface ForgettingOptions {
  readonly files: ForgettingPort;
  readonly journal: JournalPort;
  readonly records: FadingRecords;
  readonly state: StatePort;
  readonly conversations: Conversations;
  readonly turns: Turns;
  /** Ends what is under way for messages whose records are shown as erased by now, and of which there is no turn yet. */
  readonly forgetErased: () => Promise<void>;
  readonly memory: Memory;
  readonly blocks: Blocks;
  /** By which subjects and blocks are looked up. */
  readonly dedupeKey: Uint8Array;
  /** Makes tombstones, and signs receipts. */
  readonly key: Uint8Array;
  readonly language: keyof Bilingual;
  readonly now: () => number;
}

/** Ranges of records that one forgetting may choose: its plan is one record. */
export const forgetRangesMax = 200_000;
/** Entries of memory named by one record. */
const entriesPerRecord = 1_000;
/** Such records of one forgetting: a group has no more. */
const entryRecordsMax = 999;
/** Between two looks whether a reader has let go of the write-ahead log; doubles up to the second. */
const logWaitMs = 50;
const logWaitMsMax = 2_000;

const Plan = z.object({ ranges: z.array(z.tuple([z.int(), z.int()])) });

const PlanFacts = factsByType["memory.forgetting"];
const EntryFacts = factsByType["memory.entries.forgotten"];

/** One forgetting: its id, and who forgets. */
type Forgotten = Pick<NewRecord, "owner" | "actor" | "tier"> & { readonly id: string };

interface Settled {
  readonly ranges: SeqRanges;
  readonly deleted: ForgetCounts;
  readonly tombstone: string;
  /** Absent when another process has erased some of them. */
  readonly words: Uint8Array | undefined;
}

interface Shown {
  readonly by: string;
  readonly query: ForgetQuery;
  readonly shownDigest: string;
  readonly expiresMs: number;
}

/**
 * Forgets: shows what would go, and on confirmation erases it and everything made of it.
 *
 * The order keeps what is erased from coming back. The plan is on disk first, and from then on nobody reads the words
 * (`FadingRecords`), the documents are out of memory, and turns that have them in view are stopped. Then it is chosen once
 * more, with what those turns wrote, and only that is erased. A node that is ended in between goes on from the plan.
 */
export class Forgetting {
  readonly #options: ForgettingOptions;
  readonly #shown = new Map<string, Shown>();
  readonly #work = new OneByOne();
  /** Each preview reads the journal in a thread of its own: one at a time, and each principal has one in the row. */
  readonly #previews = new OneByOne(forgetPreviewsAtOnceMax);
  readonly #looks = new OneByOne();

  constructor(options: ForgettingOptions) {
    this.#options = options;
  }

  /**
   * What a selection would erase. Throws `ProblemError`: `forbidden` for another's words, `not_found`, `conflict` when it is
   * too much, `busy` when as many previews of the caller wait as may.
   */
  preview(selection: ForgetSelection, by: Principal): Promise<ForgetPreview> {
    return this.#previews.run(by.id, () =>
      this.#looks.run("look", () => this.#preview(selection, by)),
    );
  }

  async #preview(selection: ForgetSelection, by: Principal): Promise<ForgetPreview> {
    const query = this.#queryOf(selection, by);
    const selected = await this.#select(query);
    const forgetId = newId("fgt");
    const expiresMs = this.#options.now() + forgetPreviewMsMax;
    const { shownDigest } = selected;
    this.#show(forgetId, { by: by.id, query, shownDigest, expiresMs });
    return {
      forgetId,
      expires: new Date(expiresMs).toISOString(),
      counts: selected.counts,
      derived: selected.derived,
      elsewhere: selected.elsewhere,
      underWay: this.#inView(selected).length,
      titles: selected.titles
        .filter(({ owner }) => maySeeWords(by, owner))
        .map(({ seq, type, title }) => ({ seq, type, title })),
    };
  }

  /**
   * Forgets what a preview has shown, and answers when no byte of it is left. Throws `ProblemError`: `not_found` for a
   * preview that is unknown, used or expired, `conflict` when the selection is another now (`shownDigest`), or the storage's
   * problem; what was begun is then finished later.
   */
  confirm(id: string, by: Principal): Promise<ForgetReceipt> {
    const { now, language } = this.#options;
    const shown = this.#shown.get(id);
    if (shown === undefined || shown.by !== by.id || now() >= shown.expiresMs)
      throw new ProblemError(
        problem("not_found", { detail: problemWords.noSuchPreview[language] }),
      );
    this.#shown.delete(id);
    return this.#work.run("forget", async () => {
      const selected = await this.#select(shown.query);
      if (selected.shownDigest !== shown.shownDigest)
        throw new ProblemError(
          problem("conflict", { detail: problemWords.previewChanged[language] }),
        );
      const it = { id, owner: by.person, actor: by.id, tier: by.tier };
      await this.#begin(it, selected);
      return this.#settle(it, shown.query, selected, selected.entries);
    });
  }

  /** Finishes what an earlier process, or a failure, left in the middle, and answers how much. Throws the storage's problem. */
  finish(): Promise<number> {
    return this.#work.run("forget", async () => {
      const left = this.#options.state.forgettings();
      for (const begun of left) await this.#goOn(begun);
      return left.length;
    });
  }

  /** What was begun and not finished is not read again, whatever comes before it can be finished. Call it at the start. */
  hideUnfinished(): void {
    for (const left of this.#options.state.forgettings())
      this.#options.records.fade(left.id, this.#planOf(left));
  }

  #queryOf(selection: ForgetSelection, by: Principal): ForgetQuery {
    const { document, fact, block, subject, run, conversation, source, text } = selection;
    const { person, since, until } = selection;
    const { dedupeKey } = this.#options;
    const isAnybodys = grantCovers(by.grants, "admin");
    // Names of blocks, as those of conversations, are each person's own.
    const isOwn = selection.everything === true || block !== undefined;
    const owner = person ?? (isAnybodys && !isOwn ? undefined : by.person);
    if (!isAnybodys && owner !== by.person) {
      const detail = problemWords.grantNeeded("admin")[this.#options.language];
      throw new ProblemError(problem("forbidden", { detail }));
    }
    const isKey = conversation !== undefined && /^cv_[\w-]{22}$/.test(conversation);
    const key =
      conversation === undefined || isKey
        ? conversation
        : this.#options.conversations.key(by, conversation);
    return {
      owner,
      conversation: key,
      document,
      fact,
      blockKey: block === undefined ? undefined : blockKey(dedupeKey, block),
      subjectKey: subject === undefined ? undefined : subjectKey(dedupeKey, subject),
      run,
      source,
      text,
      sinceMs: since === undefined ? undefined : Date.parse(since),
      untilMs: until === undefined ? undefined : Date.parse(until),
    };
  }

  /** Nobody's previews push out another's. */
  #show(id: string, shown: Shown): void {
    for (const [each, { expiresMs }] of this.#shown)
      if (expiresMs <= this.#options.now()) this.#shown.delete(each);
    const own = [...this.#shown].filter(([, { by }]) => by === shown.by);
    const [oldest] = own;
    if (own.length >= forgetPreviewsMax && oldest !== undefined) this.#shown.delete(oldest[0]);
    this.#shown.set(id, shown);
  }

  async #select(query: ForgetQuery): Promise<ForgetSelected> {
    const selected = await this.#options.files.select(query);
    const isEmpty = selected.ranges.length === 0 && selected.unfinished.length === 0;
    if (!isEmpty && selected.ranges.length <= forgetRangesMax) return selected;
    const words = isEmpty ? problemWords.nothingToForget : problemWords.tooMuchToForget;
    const detail = words[this.#options.language];
    throw new ProblemError(problem(isEmpty ? "not_found" : "conflict", { detail }));
  }

  /**
   * Turns under way that may have it in view: in conversations that something of is chosen, those that read memory when
   * something leaves it, and of a person whose pinned block it is.
   */
  #inView({
    conversations,
    entries,
    pinnedFor,
  }: Pick<ForgetSelected, "conversations" | "entries" | "pinnedFor">): readonly LiveRun[] {
    const keys = new Set(conversations);
    return this.#options.turns.underWay(
      ({ conversationKey, policy, submission }) =>
        keys.has(conversationKey) ||
        pinnedFor.includes(submission.principal.person) ||
        (entries.length > 0 && (policy.controller !== "model" || policy.retrieval !== undefined)),
    );
  }

  /** The plan, and what leaves memory, come to disk together. */
  async #begin(it: Forgotten, selected: ForgetSelected): Promise<void> {
    await this.#options.journal.append({
      records: [this.#plan(it, "begun", selected), ...entryRecords(it, selected.entries)],
    });
  }

  /** From the plan on disk to nothing more that could come to it. */
  async #settle(
    it: Forgotten,
    query: ForgetQuery,
    first: ForgetSelected,
    entries: readonly string[],
  ): Promise<ForgetReceipt> {
    await this.#hide(it.id, first, entries);
    await this.#options.forgetErased();
    await this.#stop(this.#inView({ ...first, entries }));
    const last = await this.#options.files.select(query);
    const settled = this.#plan(it, "settled", last);
    await this.#options.journal.append({
      records: [settled, ...entryRecords(it, last.entries)],
    });
    await this.#hide(it.id, last, last.entries);
    const { deleted, tombstone } = settled.facts;
    return this.#erase(it, { ranges: last.ranges, deleted, tombstone, words: last.words });
  }

  /** From here on nobody reads it. */
  async #hide(
    id: string,
    { ranges, conversations }: ForgetSelected,
    entries: readonly string[],
  ): Promise<void> {
    this.#options.records.fade(id, ranges);
    this.#options.conversations.forgetWords();
    for (const key of conversations) this.#options.conversations.changed(key);
    this.#options.blocks.forgetWords();
    if (entries.length > 0) await this.#options.memory.index.forget(entries);
  }

  async #stop(runs: readonly LiveRun[]): Promise<void> {
    const { turns } = this.#options;
    // One whose end is settled cannot be stopped; when it is written it is chosen with the rest.
    for (const run of runs) turns.cancel(run);
    await Promise.all(runs.map(({ end }) => end));
  }

  async #erase(
    { id, ...context }: Forgotten,
    { ranges, deleted, tombstone, words }: Settled,
  ): Promise<ForgetReceipt> {
    const startedMs = performance.now();
    const { files, journal, now, key } = this.#options;
    const reason = `forget:${id}`;
    await files.erase(ranges, reason);
    const backups = await files.copies(ranges);
    await this.#emptyLog();
    const residueBytes = words === undefined ? null : await files.residue(words);
    const forgottenAt = new Date(now()).toISOString();
    const told = { forgetId: id, forgottenAt, deleted, residueBytes, tombstone };
    const signature = keyedDigest(key, "receipt", JSON.stringify(told)).toString("hex");
    const facts = { forget: id, deleted, residueBytes, tombstone, signature };
    await journal.append({
      records: [
        {
          ...context,
          class: "record",
          origin: "node",
          type: "memory.forgotten",
          facts,
          data: { backups },
        },
      ],
    });
    this.#options.records.done(id);
    const tookMs = Math.round(performance.now() - startedMs);
    return { ...told, signature, backups: [...backups], tookMs };
  }

  /** A backup or a verification may hold the log for minutes; without its end the bytes are still there. */
  async #emptyLog(): Promise<void> {
    for (let waitMs = logWaitMs; !(await this.#options.files.emptyLog()); waitMs *= 2)
      await new Promise((resolve) => setTimeout(resolve, Math.min(waitMs, logWaitMsMax)).unref());
  }

  /** Goes on where another process stopped: before the plan was settled nothing was erased, so it is settled anew. */
  async #goOn(left: ForgettingState): Promise<void> {
    const { id, begun, settled } = left;
    const { files, memory, records } = this.#options;
    const header = records.record(begun);
    if (header === undefined) throw new Error("what is being forgotten has no beginning");
    const { owner, actor, tier } = header;
    const entries = this.#entriesOf(id, begun);
    const ranges = this.#planOf(left);
    if (settled === null) {
      const selected = await files.select({ ranges });
      await this.#settle({ id, owner, actor, tier }, { ranges }, selected, entries);
      return;
    }
    if (entries.length > 0) await memory.index.forget(entries);
    const { deleted, tombstone } = PlanFacts.parse(records.record(settled)?.facts);
    await this.#erase({ id, owner, actor, tier }, { ranges, deleted, tombstone, words: undefined });
  }

  #planOf({ begun, settled }: ForgettingState): SeqRanges {
    return Plan.parse(this.#options.records.record(settled ?? begun)?.data).ranges;
  }

  #entriesOf(id: string, begun: number): readonly string[] {
    const type = "memory.entries.forgotten";
    return this.#options.records
      .headersAfter(begun, entryRecordsMax, type)
      .map(({ facts }) => EntryFacts.parse(facts))
      .flatMap(({ forget, entries }) => (forget === id ? entries : []));
  }

  #plan(
    { id, ...context }: Forgotten,
    stage: "begun" | "settled",
    { ranges, counts, digest }: ForgetSelected,
  ) {
    const tombstone = keyedDigest(this.#options.key, "tombstone", digest).toString("hex");
    const facts = { forget: id, stage, deleted: counts, tombstone };
    const data = { ranges };
    const type = "memory.forgetting";
    return { ...context, class: "record", origin: "node", type, facts, data } as const;
  }
}

function entryRecords(
  { id: forget, ...context }: Forgotten,
  entries: readonly string[],
): NewRecord[] {
  const records: NewRecord[] = [];
  for (let at = 0; at < entries.length; at += entriesPerRecord)
    records.push({
      ...context,
      class: "record",
      origin: "node",
      type: "memory.entries.forgotten",
      facts: { forget, entries: entries.slice(at, at + entriesPerRecord) },
    });
  return records;
}
