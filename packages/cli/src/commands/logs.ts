import { JournalEvent, journalPageMax, Problem, type ProblemCode } from "@adyton/protocol";
import type { Client } from "../client.ts";
import { exitCodes, Failure } from "../failure.ts";
import { localTime } from "../local-time.ts";
import type { Invocation, Shell } from "../shell.ts";
import { plainLine } from "../terminal-text.ts";

const lastDefault = 20;
/** A little over three heartbeats: longer silence means that the connection is dead. */
const quietMsMax = 50_000;
const reconnectMsMin = 500;
const reconnectMsMax = 10_000;

const passing: ReadonlySet<ProblemCode> = new Set(["stopping", "busy"]);

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
  if (!options.flag("follow")) return exitCodes.ok;
  return await follow(shell, next, type);
}

async function printNewest(shell: Shell, client: Client, reading: Reading): Promise<number> {
  const page = await client.ask("getEvents", {
    query: { last: reading.limit, type: reading.type },
  });
  for (const event of page.events) printRecord(shell, event);
  return page.next;
}

/** Page by page, to the end or to the wanted number of records. */
async function printAfter(
  shell: Shell,
  client: Client,
  start: number,
  { type, limit }: Reading,
): Promise<number> {
  let after = start;
  let left = limit ?? Number.POSITIVE_INFINITY;
  while (left > 0) {
    const page = await client.ask("getEvents", {
      query: { after, type, limit: Math.min(left, journalPageMax) },
    });
    for (const event of page.events) printRecord(shell, event);
    left -= page.events.length;
    after = page.next;
    if (!page.more) break;
  }
  return after;
}

/**
 * The journal as it grows, until the user stops it. A broken connection is taken up again behind the last record that
 * was printed, so none is lost and none comes twice; waits double from half a second to ten.
 */
async function follow(shell: Shell, start: number, type: string | undefined): Promise<number> {
  const { print, t } = shell;
  let after = start;
  let waitMs = reconnectMsMin;
  let broken = false;
  for (;;) {
    try {
      // A node that comes back may have another port.
      const client = await shell.client();
      const call = { query: { after, type }, headers: { "last-event-id": String(after) } };
      for await (const { id, data } of client.stream("getEvents", call, quietMsMax)) {
        const event = JournalEvent.parse(JSON.parse(data));
        if (event.seq <= after) continue;
        printRecord(shell, event);
        after = id !== undefined && /^\d+$/.test(id) ? Number(id) : event.seq;
        waitMs = reconnectMsMin;
        broken = false;
      }
    } catch (error) {
      if (!(error instanceof Failure) || !passes(error)) throw error;
      if (!broken) print.note(t("logs.broken", { reason: error.message, after }), "yellow");
      broken = true;
    }
    await new Promise((resolve) => {
      setTimeout(resolve, waitMs);
    });
    waitMs = Math.min(waitMs * 2, reconnectMsMax);
  }
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

/** What a record is about, on one line: its text where it has one, else its data. */
export function recordText({ data, subject }: JournalEvent): string {
  const about = subject === undefined ? "" : `${plainLine(subject)} `;
  if (data === undefined) return about.trim();
  if (typeof data === "object" && data !== null) {
    const text: unknown = Reflect.get(data, "text");
    if (typeof text === "string") return `${about}${plainLine(text)}`;
  }
  return `${about}${plainLine(typeof data === "string" ? data : JSON.stringify(data))}`;
}
