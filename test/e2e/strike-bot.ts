import assert from "node:assert/strict";
import type { BotFault } from "./bot-fault.ts";
import { type Certificates, FaultyBot } from "./faulty-bot.ts";
import type { OwnTime } from "./own-time.ts";

/** What one fault came to. */
export interface Struck {
  /** From its beginning until somebody could know of it; absent where nothing is lost. */
  readonly alarmMs: number | undefined;
  /** From its beginning until the journal has that the door is shut. */
  readonly recordedMs: number | undefined;
  /** From its end to the first answer; where nothing is lost, from the question that is asked in the middle of it. */
  readonly healMs: number;
  /** From its end until the node says that it is ready. */
  readonly readyMs: number;
}

/** A door is told of after a minute, looked at every five seconds. */
const closedMsMin = 59_900;
const recordedMsMax = 75_000;
const readyMsMax = 60_000;
const toldMsMax = 10_000;
const outagePattern = /out of reach/u;

/** Strikes a bot with a fault, and checks that it was noticed, healed, told of once, and has lost and doubled nothing. */
export async function strike(fault: BotFault, certificates: Certificates): Promise<Struck> {
  await using holding = new AsyncDisposableStack();
  await using bot = await FaultyBot.start(fault.settings?.(certificates, holding) ?? {});
  await using stack = new AsyncDisposableStack();
  const question = `during ${fault.question ?? ""}`.trim();
  const began = bot.time();
  await fault.begin(bot, stack);
  const isNoticed = fault.alarm.kind !== "none";
  const begun = bot.time();
  bot.say(question);
  if (!isNoticed) await bot.answered("echo during", fault.healMsMax);
  const unnoticedMs = begun.ms;
  const alarmMs = await noticed(fault, bot, began);
  const recordedMs = fault.isLong === true ? await recorded(bot, began) : undefined;
  if (fault.killsNode === true) {
    await bot.node.kill();
    await bot.node.start();
  }
  const answers = (): number => bot.shown.filter((text) => text.startsWith("echo")).length;
  const answersBefore = answers();
  const ended = bot.time();
  await fault.end(bot, stack);
  bot.say("after");
  await ended.until("an answer after it", () => answers() > answersBefore, fault.healMsMax);
  const healMs = isNoticed ? ended.ms : unnoticedMs;
  await bot.answered("echo after", fault.healMsMax);
  await ended.until("ready", () => isWell(fault, bot), fault.readyMsMax ?? readyMsMax);
  const readyMs = ended.ms;
  await checkShown(fault, bot, question);
  fault.check?.(bot);
  return { alarmMs, recordedMs, healMs, readyMs };
}

async function isWell({ alarm }: BotFault, bot: FaultyBot): Promise<boolean> {
  const health = await bot.health();
  const isOk = (name: string): boolean =>
    health?.parts.find((part) => part.name === name)?.status === "ok";
  return health?.ready === true && (alarm.kind !== "part" || isOk(alarm.name));
}

async function noticed(
  { alarm }: BotFault,
  bot: FaultyBot,
  began: OwnTime,
): Promise<number | undefined> {
  if (alarm.kind === "none") return undefined;
  let last = "";
  const isTold = async (): Promise<boolean> => {
    if (alarm.kind === "told")
      return bot.shown.some((text) => text !== "echo before" && alarm.words.test(text));
    if (alarm.kind === "relay") return alarm.words.test((last = bot.botRelay.process.log));
    const health = await bot.health();
    const wanted = alarm.kind === "door" ? "telegram" : alarm.name;
    const part = health?.parts.find((each) => each.name === wanted);
    last = JSON.stringify(part);
    if (part === undefined || part.status === "ok") return false;
    const isReady = alarm.kind === "part" && alarm.isReady === true;
    if (health?.ready !== isReady) return false;
    return alarm.kind === "part" || alarm.why.test(part.detail ?? "");
  };
  try {
    await began.until("an alarm", isTold, alarm.withinMs);
  } catch (error) {
    throw new Error(`the last report was ${last}`, { cause: error });
  }
  return began.ms;
}

async function recorded(bot: FaultyBot, began: OwnTime): Promise<number> {
  const { node } = bot;
  const last = async () => (await node.journal("door.changed")).at(-1);
  const isClosed = async (): Promise<boolean> => (await last())?.["facts"].status === "closed";
  await began.until("the journal has it", isClosed, recordedMsMax);
  const recordedMs = began.ms;
  const record = await last();
  const closedMs = Date.parse(record?.["time"]) - record?.["facts"].sinceMs;
  assert.ok(closedMs >= closedMsMin, `told after ${closedMs} ms: too early`);
  assert.ok(
    node.notices.some((notice) => notice.kind === "door_changed" && notice["status"] === "closed"),
    "whoever started the node is told",
  );
  return recordedMs;
}

/** Each question is answered once, and nothing else is said but what the fault is told by. */
async function checkShown(fault: BotFault, bot: FaultyBot, question: string): Promise<void> {
  if (fault.isLong === true)
    await bot
      .time()
      .until(
        "the owner is told",
        () => bot.shown.some((text) => outagePattern.test(text)),
        toldMsMax,
      );
  if (fault.losesQuestion !== true && fault.answersOtherwise !== true)
    await bot.answered("echo during", 10_000);
  const count = (pattern: RegExp): number => bot.shown.filter((text) => pattern.test(text)).length;
  const outages = bot.shown.filter((text) => outagePattern.test(text));
  assert.equal(outages.length, fault.isLong === true ? 1 : 0, outages.join("; "));
  for (const text of outages) {
    assert.match(text, /from \d{4}-\d\d-\d\d \d\d:\d\d to .*UTC/u);
    assert.doesNotMatch(text, /127\.0\.0|telegram\.test/u);
    if (fault.outageWords !== undefined) assert.match(text, fault.outageWords);
  }
  assert.equal(count(/^echo before$/u), 1);
  assert.equal(count(/^echo after$/u), 1);
  const during = bot.shown.filter((text) => text.startsWith("echo during")).length;
  const isAnsweredOtherwise = fault.answersOtherwise === true;
  assert.ok(during <= 1, `${question} was answered ${during} times`);
  if (fault.losesQuestion !== true && !isAnsweredOtherwise) assert.equal(during, 1);
  const extras = bot.shown.filter((text) => !text.startsWith("echo") && !outagePattern.test(text));
  assert.ok(extras.length <= (isAnsweredOtherwise ? 1 : 0), extras.join("; "));
}
