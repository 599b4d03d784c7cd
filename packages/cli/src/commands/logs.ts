import { JournalEvent, journalPageMax, Problem, type ProblemCode } from "@adyton/protocol";
import { problemFailure, type Client } from "../client.ts";
import { exitCodes, Failure } from "../failure.ts";
import { localTime } from "../local-time.ts";
import type { EventSourceMessage } from "eventsource-parser";
import type { Invocation, Shell } from "../shell.ts";
import { jsonText } from "../printer.ts";
import { plainLine } from "../terminal-text.ts";

const lastDefault = 20;
/** A little over three heartbeats: longer silence means that the connection is dead. */
const quietMsMax = 50_000;
const reconnectMsMin = 500;
const reconnectMsMax = 10_000;

/** Records of the node itself have a source below this; nobody outside may use one. */
const nodeSource = "/adyton/";

const passing: ReadonlySet<ProblemCode> = new Set(["stopping", "busy"]);

interface Read {
  /** Go on behind this record. */
  readonly after: number;
  readonly printed: number;
}

interface Reading {
  readonly type: string | undefined;
  readonly limit: number | undefined;
}

/** `logs`: the newest records of the journal, or those after a number; with `-f` also those to come. */
export async function logs(shell: Shell, { options }: Invocation): Promise<number> {
  const last = options.whole("last", { min: 1, max: journalPageMax });
  const after = options.whole("after", { min: 0, max: Number.MAX_SAFE_INTEGER });
  const type = options.text("type");
  const client = await shell.client();
  const next =
    after === undefined
      ? await printNewest(shell, client, { type, limit: last ?? lastDefault })
      : await printAfter(shell, client, after, { type, limit: last });
  if (options.flag("follow")) return await follow(shell, { start: next.after, type, client });
  if (next.printed === 0) shell.print.note(shell.t("logs.none"));
  return exitCodes.ok;
}

async function printNewest(shell: Shell, client: Client, reading: Reading): Promise<Read> {
  const page = await client.ask("getEvents", {
    query: { last: reading.limit, type: reading.type },
  });
  for (const event of page.events) printRecord(shell, event);
  return { after: page.next, printed: page.events.length };
}

/** Page by page, to the end or to the wanted number of records. */
async function printAfter(
  shell: Shell,
  client: Client,
  start: number,
  { type, limit }: Reading,
): Promise<Read> {
  let after = start;
  let printed = 0;
  let left = limit ?? Number.POSITIVE_INFINITY;
  while (left > 0) {
    const page = await client.ask("getEvents", {
      query: { after, type, limit: Math.min(left, journalPageMax) },
    });
    for (const event of page.events) printRecord(shell, event);
    left -= page.events.length;
    printed += page.events.length;
    after = page.next;
    if (!page.more) break;
  }
  return { after, printed };
}

interface Following {
  readonly start: number;
  readonly type: string | undefined;
  readonly client: Client;
}

/**
 * The journal as it grows, until the user stops it. A broken connection is taken up again behind the last record that
 * was printed, so none is lost and none comes twice; waits double from half a second to ten. A stream that the node
 * itself ends twice at the same record is given up: a third time would end no better.
 */
async function follow(shell: Shell, { start, type, client: first }: Following): Promise<number> {
  const { print, t } = shell;
  let after = start;
  let waitMs = reconnectMsMin;
  // Why there is no stream: said once, and again when the reason changes.
  let broken: string | undefined;
  let endedAt: number | undefined;
  let { port } = first;
  for (;;) {
    let reason = t("logs.ended_unsaid");
    try {
      // A node that comes back may have another port.
      const client = await shell.client(port);
      ({ port } = client);
      const call = { query: { after, type }, headers: { "last-event-id": String(after) } };
      const watch = {
        quietMs: quietMsMax,
        onComment: (text: string) => {
          if (text.trim().startsWith(closingMark)) reason = closingReason(text);
        },
      };
      for await (const message of client.stream("getEvents", call, watch)) {
        const moved = takeEvent(shell, message, after);
        if (moved === after) continue;
        after = moved;
        waitMs = reconnectMsMin;
        broken = undefined;
      }
      if (endedAt === after) throw endedAgain(shell, after, reason);
      endedAt = after;
      print.note(t("logs.ended", { reason, after }), "yellow");
    } catch (error) {
      if (!(error instanceof Failure) || !passes(error)) throw error;
      if (broken !== error.message)
        print.note(t("logs.broken", { reason: error.message, after }), "yellow");
      broken = error.message;
      // A node that was away and is back is another stream, whatever its first record is.
      endedAt = undefined;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, waitMs);
    });
    waitMs = Math.min(waitMs * 2, reconnectMsMax);
  }
}

/** The reason that the node gives in a comment before it ends a stream. */
const closingMark = "closed:";

function closingReason(comment: string): string {
  return `${plainLine(comment.trim().slice(closingMark.length))}.`;
}

/** Prints a record of the stream and returns its number; one from before changes nothing. Throws what the node refuses. */
function takeEvent(shell: Shell, { event, id, data }: EventSourceMessage, after: number): number {
  const value: unknown = JSON.parse(data);
  if (event === "problem") throw problemFailure(Problem.parse(value), shell.t);
  if (event === "reset") {
    const last: unknown = Reflect.get(Object(value), "last");
    if (typeof last !== "number") return after;
    shell.print.note(shell.t("logs.reset", { last }), "yellow");
    return last;
  }
  const record = JournalEvent.parse(value);
  if (record.seq <= after) return after;
  printRecord(shell, record);
  return id !== undefined && /^\d+$/.test(id) ? Number(id) : record.seq;
}

function endedAgain({ t }: Shell, after: number, reason: string): Failure {
  return new Failure("failed", {
    title: t("logs.ended_again", { after }),
    detail: reason,
    advice: t("logs.ended_advice", { after }),
  });
}

/** Whether waiting helps: the node is away, stops just now, or has too many listeners. */
function passes({ code, data }: Failure): boolean {
  const problem = Problem.safeParse(data);
  return code === "unreachable" || (problem.success && passing.has(problem.data.code));
}

function printRecord({ print, t }: Shell, event: JournalEvent): void {
  if (print.json) {
    print.value(event);
    return;
  }
  const number = print.paint("dim", `#${event.seq}`);
  const time = print.paint("dim", localTime(event.time));
  const what = event.payload === "present" ? recordText(event) : t(`logs.${event.payload}`);
  const line = print.clip(
    `${localTime(event.time)} #${event.seq} ${event.type} ${event.owner} ${what}`,
  );
  const rest = line.slice(`${localTime(event.time)} #${event.seq} ${event.type}`.length);
  print.line(`${time} ${number} ${print.paint("cyan", plainLine(event.type))}${rest}`);
}

/** What a record is about, on one line: where it comes from, its text where it has one, else its data or its name. */
export function recordText(event: JournalEvent): string {
  const { data, facts, subject, source } = event;
  const isOutside = !source.startsWith(nodeSource);
  const about = [isOutside ? source : "", subject ?? ""].filter((part) => part !== "");
  const name = facts?.["name"];
  const what = data === undefined && typeof name === "string" ? name : dataText(data);
  return [...about, what]
    .map(plainLine)
    .filter((part) => part !== "")
    .join(" ");
}

function dataText(data: unknown): string {
  if (data === undefined) return "";
  if (typeof data === "string") return data;
  const text: unknown =
    typeof data === "object" && data !== null ? Reflect.get(data, "text") : undefined;
  return typeof text === "string" ? text : jsonText(data);
}
