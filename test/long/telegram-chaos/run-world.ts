// The messenger, the people in it and a scripted model server, in a process of their own: its plan as JSON in the first
// argument, messages over the channel to its parent. It ends with its parent.
import assert from "node:assert/strict";
import {
  type BotCallRecord,
  type BotFault,
  startOpenAiEmulator,
  startTelegramEmulator,
} from "@adyton/emulators";
import { contentsIn, contentsOf, type Lane, modelRules, People } from "./people.ts";
import {
  cutUpTo,
  editsIn,
  isAnnouncement,
  isPlaceholder,
  judgeLane,
  judgeWaits,
  type Seen,
  storyOf,
} from "./verdict.ts";
import {
  type FromWorld,
  type Kill,
  seeded,
  type ToWorld,
  type WorldPlan,
  type WorldReport,
} from "./world-plan.ts";

const lookEveryMs = 50;
const firstUpdateId = 500_000;
/** A number that is not far below the bot's offset would count as confirmed, so a short run begins lower. */
const numbersBelowMin = 2_000;
/** Nothing comes of a run in which nothing is answered for so long. */
const stalledMs = 90_000;
/** A bot that has sent nothing for so long has nothing more to send: it waits 3 s at most for what may have arrived. */
const quietMs = 6_000;
const repeatShare = 0.05;
const repeatedAtOnce = 20;

const sends = ["sendMessage", "editMessageText"];
/** An answer to a poll or a send has at least so many bytes. */
const cutBytes = 480;
const faults: readonly BotFault[] = [
  { kind: "lost_reply", methods: sends, share: 0.2 },
  { kind: "cut_each", bytes: cutBytes, methods: ["sendMessage"], share: 0.08 },
  { kind: "cut_each", bytes: cutBytes, methods: ["editMessageText"], share: 0.08 },
  { kind: "cut_each", bytes: cutBytes, methods: ["getUpdates"], share: 0.5 },
  { kind: "status", status: 429, retryAfterS: 2, methods: sends, share: 0.03 },
  { kind: "status", status: 429, retryAfterS: 1, methods: ["getUpdates"], share: 0.01 },
  { kind: "html", status: 502, methods: sends, share: 0.01 },
  { kind: "refuse", share: 0.01 },
];

assert.ok(process.send !== undefined, "this process needs its parent");
const tell = (message: FromWorld): void => void process.send?.(message);
process.once("disconnect", () => process.exit(1));

// Written by the test that starts it, so its shape is known.
const plan = JSON.parse(process.argv[2] ?? "{}") as WorldPlan;
const model = await startOpenAiEmulator({
  rules: modelRules,
  firstTokenDelayMs: 20,
  recordedRequestsMax: 0,
});
const telegram = await startTelegramEmulator({
  firstUpdateId,
  seed: plan.seed,
  recordedCallsMax: 2_000_000,
  ...(plan.tls === undefined ? {} : { tls: plan.tls }),
});
telegram.setFaults(faults);
const people = new People(telegram, plan);
const random = seeded(plan.seed + 1);

let upTo = 0;
let answered = 0;
let repeated = 0;
let renumberedAt = -1;
let last = { answered: 0, atMs: Date.now() };
let calls = { seen: 0, atMs: Date.now() };

const looking = setInterval(() => {
  answered += people.lanes.reduce((sum, lane) => sum + lookInto(lane), 0);
  const nowMs = Date.now();
  if (answered > last.answered) last = { answered, atMs: nowMs };
  if (telegram.callsSeen > calls.seen) calls = { seen: telegram.callsSeen, atMs: nowMs };
  const half = Math.floor(plan.updates / 2);
  // Numbers begin anew only when nothing waits, as after a quiet week; what was confirmed is known by then.
  if (renumberedAt === -1 && people.said >= half && telegram.pending === 0) {
    telegram.renumberUpdates(firstUpdateId - (half > numbersBelowMin ? 0 : numbersBelowMin));
    renumberedAt = people.said;
  }
  people.speak(renumberedAt === -1 ? Math.min(upTo, half) : upTo);
  const isDone = people.said >= plan.updates && people.waiting === 0 && telegram.pending === 0;
  if (!isDone && random() < repeatShare) repeated += telegram.repeatUpdates(repeatedAtOnce);
  const isStalled = nowMs - last.atMs > stalledMs;
  const isOver = (isDone && nowMs - calls.atMs > quietMs) || isStalled;
  tell({ kind: "progress", said: people.said, answered, isOver });
}, lookEveryMs);

process.on("message", (message: ToWorld) => {
  if (message.kind === "allow") upTo = message.upTo;
  else {
    clearInterval(looking);
    tell(report(message.kills));
  }
});
tell({
  kind: "open",
  apiRoot: telegram.apiRoot,
  port: telegram.port,
  token: telegram.token,
  model: model.url,
});

function seenIn({ chat, thread }: Lane): readonly Seen[] {
  return telegram.messages(chat).filter((each) => each.isBots && each.thread === thread);
}

/** Marks what has come; returns how much it is. */
function lookInto(lane: Lane): number {
  const { waiting } = lane;
  if (waiting.size === 0) return 0;
  const before = waiting.size;
  const times = new Map<string, number>();
  for (const content of contentsIn(lane, textsOf(seenIn(lane)))) {
    const time = (times.get(content) ?? 0) + 1;
    times.set(content, time);
    waiting.delete(`${content} ${time}`);
  }
  return before - waiting.size;
}

const textsOf = (seen: readonly Seen[]): string[] => seen.map(({ text }) => text);

function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

function report(kills: readonly Kill[]): WorldReport {
  const made: readonly BotCallRecord[] = telegram.calls;
  const seen = people.lanes.map(seenIn);
  const edits = editsIn(made);
  const found = people.lanes.flatMap((lane, at) => judgeLane(lane, seen[at] ?? [], edits));
  const [first] = found;
  return {
    kind: "report",
    said: people.said,
    questions: people.questions,
    faults: found,
    story: first === undefined ? [] : storyOf(first, made, kills),
    reported: textsOf(seen.flat()).filter((text) => contentsOf(text)[0] === "reported").length,
    placeholders: seen.flat().filter(isPlaceholder).length,
    announcements: seen.flat().filter(isAnnouncement).length,
    calls: tally(made.map(({ method }) => method)),
    strikes: tally(
      made.flatMap(({ method, fault }) => (fault === undefined ? [] : [`${method} ${fault.kind}`])),
    ),
    cutUpTo: cutUpTo(made),
    waits: judgeWaits(made, kills),
    repeated,
    renumbered: renumberedAt === -1 ? 0 : people.said - renumberedAt,
  };
}
