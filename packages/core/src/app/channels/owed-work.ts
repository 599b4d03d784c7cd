import * as z from "zod";
import type { DedupeKey } from "../../domain/journal/record.ts";
import type { Buttons, ChannelDoor, DeliveriesPort, DeliveryState } from "../../ports/channel.ts";
import type { JournalPort, RecordsPort } from "../../ports/journal.ts";
import { unlessAborted } from "../unless-aborted.ts";

// A message may bring along what is not there yet: a file to fetch, a voice to write down. The messenger is told that the
// message is taken once the journal knows what to fetch; the question follows when it is there, also in a later process.

/** Why work ends that whoever it was for does not want any more. It leaves nothing behind: not a file, not a question. */
export class WorkStopped extends Error {
  override readonly name = "WorkStopped";
}

/** Work that a reply is owed for, as the channel wrote it down. */
export interface OwedWork {
  readonly actor: string;
  readonly work: unknown;
  /** What was noted since, oldest first. */
  readonly notes: () => readonly unknown[];
  /** Writes down what must not be done anew, or not the same way twice. Resolves when it is on disk. */
  readonly note: (data: object) => Promise<void>;
}

/** What work comes to: a text, or a run whose end is the reply, behind a text of the channel's own. */
export type WorkDone =
  | { readonly kind: "text"; readonly text: string; readonly buttons?: Buttons }
  | { readonly kind: "run"; readonly run: string; readonly lead: string };

export interface OwedWorkOptions {
  readonly door: Pick<ChannelDoor, "name">;
  readonly journal: JournalPort;
  readonly records: RecordsPort;
  readonly deliveries: DeliveriesPort;
  /** Does the work; it may have been begun before. Rejects with the signal's reason. */
  readonly work: (owed: OwedWork, signal: AbortSignal) => Promise<WorkDone>;
  /** Cancels a run that work has asked for although it was stopped by then. Resolves when the run has ended. */
  readonly takeBack: (asked: { readonly run: string; readonly actor: string }) => Promise<void>;
}

const Lead = z.object({ lead: z.string() });

/**
 * What is owed where it is no text: a run that is known already, or what the work comes to. Rejects with the reason of either
 * signal; with that of `stop` when the work is at rest.
 */
export async function settleOwed(
  options: OwedWorkOptions,
  state: DeliveryState,
  { run, work }: { readonly run: string | null; readonly work?: unknown },
  { signal, stop }: { readonly signal: AbortSignal; readonly stop: AbortSignal },
): Promise<WorkDone> {
  const notes = (): readonly unknown[] => notesOf(options, state.id);
  if (run !== null) {
    const lead = Lead.safeParse(notes().at(-1)).data?.lead ?? "";
    return { kind: "run", run, lead };
  }
  if (work === undefined) return { kind: "text", text: "" };
  stop.throwIfAborted();
  const { actor, id } = state;
  const note = (noted: object): Promise<void> => noteOn(options, id, { data: noted });
  // Not all work heeds the signal, and a node that stops does not wait for it: it is begun anew by the next process.
  const within = AbortSignal.any([signal, stop]);
  const done = await unlessAborted(options.work({ actor, work, notes, note }, within), signal);
  if (done === undefined) throw signal.reason;
  if (done.kind === "run" && !stop.aborted)
    await noteOn(options, id, { data: { lead: done.lead }, run: done.run });
  if (done.kind === "run" && stop.aborted) await options.takeBack({ run: done.run, actor });
  stop.throwIfAborted();
  return done;
}

/** Adds to what is known of a reply that is owed. Nothing happens when it is owed no more, or the key was used. */
export async function noteOn(
  { door, journal, records, deliveries }: Omit<OwedWorkOptions, "work" | "takeBack">,
  delivery: string,
  {
    data,
    run = null,
    dedupe,
  }: { readonly data: object; readonly run?: string | null; readonly dedupe?: DedupeKey },
): Promise<void> {
  const state = deliveries.deliveries(door.name).find(({ id }) => id === delivery);
  const opened = state === undefined ? undefined : records.record(state.seq);
  if (state === undefined || opened === undefined) return;
  const { owner, actor, tier } = opened;
  const context = { owner, actor, tier, class: "message", origin: "node" } as const;
  const facts = { delivery, run };
  await journal.append({
    records: [{ ...context, cause: state.seq, type: "delivery.noted", facts, data }],
    ...(dedupe === undefined ? {} : { dedupe }),
  });
}

function notesOf(
  { door, deliveries, records }: OwedWorkOptions,
  delivery: string,
): readonly unknown[] {
  const state = deliveries.deliveries(door.name).find(({ id }) => id === delivery);
  return (state?.notes ?? []).map((seq) => records.record(seq)?.data);
}
