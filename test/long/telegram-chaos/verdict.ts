import type { BotCallRecord } from "@adyton/emulators";
import { contentsIn, contentsOf, type Lane } from "./people.ts";
import type { Fault, Kill, WorldReport } from "./world-plan.ts";

/** A message of the bot as people see it, and saw it before. */
export interface Seen {
  readonly id: number;
  readonly atMs: number;
  readonly text: string;
  readonly former: readonly string[];
}

const placeholder = "…";
const announcement = /^(?:The answer is here|Ответ готов)/u;

export const isPlaceholder = ({ text }: Seen): boolean => text === placeholder;
export const isAnnouncement = ({ text }: Seen): boolean => announcement.test(text);

/** The times of the edits that changed a message, by chat and message. */
export type Edits = ReadonlyMap<string, readonly number[]>;

export function editsIn(calls: readonly BotCallRecord[]): Edits {
  const edits = new Map<string, number[]>();
  for (const { method, values, outcome, atMs } of calls) {
    if (!method.startsWith("editMessage") || outcome !== 200) continue;
    const message = `${String(values["chat_id"])}/${String(values["message_id"])}`;
    edits.set(message, [...(edits.get(message) ?? []), atMs]);
  }
  return edits;
}

/**
 * In how many messages of a chat a content was seen: ever, or at the same time where the content is a part of a long answer.
 * The end of an answer that grows beyond one message is taken out of it and goes on in the next, so a part may move; while
 * it was in both, it was doubled.
 */
function timesSeen(content: string, chat: number, seen: readonly Seen[], edits: Edits): number {
  if (isPart.test(content)) return seenAtOnce(content, chat, seen, edits);
  return seen.filter(({ text, former }) =>
    [...former, text].some((state) => contentsOf(state).includes(content)),
  ).length;
}

const isPart = /^a-\d{6}-\d$/u;

function seenAtOnce(content: string, chat: number, seen: readonly Seen[], edits: Edits): number {
  const changes = seen.flatMap(({ id, atMs, text, former }) => {
    const times = [atMs, ...(edits.get(`${chat}/${id}`) ?? [])];
    return [...former, text].flatMap((state, at, states) => {
      const before = at > 0 && contentsOf(states[at - 1] ?? "").includes(content);
      const now = contentsOf(state).includes(content);
      return before === now ? [] : [{ ms: times[at] ?? atMs, step: now ? 1 : -1 }];
    });
  });
  let present = 0;
  let most = 0;
  for (const { step } of changes.toSorted(
    (one, other) => one.ms - other.ms || one.step - other.step,
  )) {
    present += step;
    most = Math.max(most, present);
  }
  return most;
}

/** Compares what people of a lane saw with what they are owed. */
export function judgeLane(lane: Lane, seen: readonly Seen[], edits: Edits): readonly Fault[] {
  const fault =
    (what: Fault["what"]) =>
    (content: string): Fault => ({
      what,
      content,
      chat: lane.chat,
    });
  const told = seen.filter((each) => !isPlaceholder(each) && !isAnnouncement(each));
  const shown = contentsIn(
    lane,
    told.map(({ text }) => text),
  );
  const lost = [...new Set(lane.owed)].filter(
    (content) => count(shown, content) < count(lane.owed, content),
  );
  const doubled = [...new Set(shown)].filter(
    (content) => timesSeen(content, lane.chat, told, edits) > count(lane.owed, content),
  );
  const strange = told.filter(({ text }) => contentsOf(text).length === 0);
  const place =
    lost.length + doubled.length > 0
      ? -1
      : shown.findIndex((content, at) => content !== lane.owed[at]);
  return [
    ...lost.map(fault("lost")),
    ...doubled.map(fault("doubled")),
    ...strange.map(({ text }) => fault("strange")(text.slice(0, 120))),
    ...(place === -1 ? [] : [fault("disordered")(shown[place] ?? "")]),
  ];
}

const count = (values: readonly string[], value: string): number =>
  values.filter((each) => each === value).length;

/** What a call belongs to: calls of one place follow one another. */
function placeOf({ method, values }: BotCallRecord): string {
  const { chat_id: chat, message_thread_id: thread, message_id: message } = values;
  return JSON.stringify([method, chat, thread, message]);
}

/**
 * A relay that is killed within so long of a refusal may have taken it along: the node learns of it as of a connection
 * that broke. It repeats nothing then within three seconds, but an announcement, which is not worth a second send, is
 * followed by the next reply at once. What was refused earlier has reached the node, which forgets it only when it dies.
 * A node that is killed so shortly before never hears of it: the relay still had its call under way.
 */
const passOnMsMax = 500;

/** Whether a kill took away what the bot knew of a time to wait. */
const isForgotten = (kills: readonly Kill[], toldMs: number, againMs: number): boolean =>
  kills.some(({ name, ms }) =>
    name === "core"
      ? ms >= toldMs - passOnMsMax && ms <= againMs
      : ms >= toldMs - passOnMsMax && ms <= Math.min(againMs, toldMs + passOnMsMax),
  );

/** Whether the bot waited as long as it was told to, each time. */
export function judgeWaits(
  calls: readonly BotCallRecord[],
  kills: readonly Kill[],
): WorldReport["waits"] {
  const waits = { kept: 0, killed: 0, broken: [] as string[] };
  const until = new Map<
    string,
    { readonly call: BotCallRecord; readonly toldMs: number; readonly untilMs: number }
  >();
  for (const call of calls) {
    const place = placeOf(call);
    const told = until.get(place);
    until.delete(place);
    if (told !== undefined) {
      if (call.atMs >= told.untilMs) waits.kept += 1;
      else if (isForgotten(kills, told.toldMs, call.atMs)) waits.killed += 1;
      else {
        const killed = kills.filter(({ ms }) => ms >= told.toldMs && ms <= call.atMs);
        waits.broken.push(
          [
            `${place} after ${call.atMs - told.toldMs} ms: ${textOf(told.call)} → ${textOf(call)}`,
            ...killed.map(({ name, ms }) => `${name} killed after ${ms - told.toldMs} ms`),
          ].join(", "),
        );
      }
    }
    const { fault, atMs } = call;
    if (fault?.kind === "status" && fault.retryAfterS !== undefined)
      until.set(place, { call, toldMs: atMs, untilMs: atMs + fault.retryAfterS * 1_000 });
  }
  return waits;
}

const textOf = ({ values }: BotCallRecord): string => String(values["text"]).slice(0, 20);

/** By method: after how many bytes its answers were cut, from 0 on without a gap. */
export function cutUpTo(calls: readonly BotCallRecord[]): Record<string, number> {
  const cuts = new Map<string, Set<number>>();
  for (const { method, fault } of calls) {
    if (fault?.kind !== "cut") continue;
    const set = cuts.get(method) ?? new Set();
    cuts.set(method, set.add(fault.afterBytes));
  }
  return Object.fromEntries(
    [...cuts].map(([method, set]) => {
      let bytes = 0;
      while (set.has(bytes)) bytes += 1;
      return [method, bytes];
    }),
  );
}

const storyLinesMax = 40;

/** What happened in the chat of a fault around its content, for whoever looks for the reason. */
export function storyOf(
  { chat, content }: Fault,
  calls: readonly BotCallRecord[],
  kills: readonly Kill[],
): readonly string[] {
  const here = calls.filter(
    ({ method, values }) =>
      Number(values["chat_id"]) === chat && ["sendMessage", "editMessageText"].includes(method),
  );
  const at = here.findIndex(({ values }) => String(values["text"]).includes(content));
  const around = here.slice(Math.max(0, at - 8), at === -1 ? 8 : at + 8);
  const [first] = around;
  const last = around.at(-1);
  if (first === undefined || last === undefined) return [`nothing was sent to ${chat}`];
  const lines = around.map((call): [number, string] => {
    const { method, values, outcome, fault, atMs } = call;
    const { message_id: message = "new", message_thread_id: thread = "", text } = values;
    const struck = fault === undefined ? "" : JSON.stringify(fault);
    const words = String(text).slice(0, 40);
    return [atMs, `${method} ${String(message)} ${String(thread)} ${outcome} ${struck} ${words}`];
  });
  const killed = kills
    .filter(({ ms }) => ms >= first.atMs && ms <= last.atMs)
    .map(({ name, ms }): [number, string] => [ms, `— ${name} killed —`]);
  return [...lines, ...killed]
    .toSorted(([one], [other]) => one - other)
    .slice(0, storyLinesMax)
    .map(([ms, words]) => `${((ms - first.atMs) / 1_000).toFixed(3)} ${words}`);
}
