import type { Rule, TelegramEmulator } from "@adyton/emulators";
import {
  forumsCount,
  groupIds,
  peopleCount,
  seeded,
  topicsOfForum,
  type WorldPlan,
} from "./world-plan.ts";

// What people write carries a number, and so does its answer: who saw what can be told apart by the words alone.

/** A chat, or a topic of one: what is written in it is answered in order. */
export interface Lane {
  readonly chat: number;
  readonly thread: number | undefined;
  /** Who writes here. */
  readonly people: readonly number[];
  /** The contents of the answers that are owed, in the order of the questions. */
  readonly owed: string[];
  /**
   * Of these, the answers that take long enough to be killed again and again. The node begins a turn three times at most,
   * for it may be the turn that kills it, and then says so in its place: its one end, and not a loss. The journal must
   * show that it was begun so often.
   */
  readonly slow: Set<string>;
  /** Contents not seen yet. */
  readonly waiting: Set<string>;
}

/** Answers of the bot's own, by their content. */
const ownAnswers = {
  help: /^\/help — /u,
  unreadable: /^Этого я посмотреть не могу/u,
  reported: /^Узел остановился, пока это выполнялось/u,
} as const;

const laneWaitingMax = 4;
const waitingMax = 400;
const longEvery = 40;
const commandEvery = 50;
const unreadableEvery = 60;
const slowEvery = 45;
/** An answer of about fifty tokens: longer than the pause between two edits of one that grows. */
const slowTokenMs = 40;

/** How the model answers. */
export const modelRules: readonly Rule[] = [
  {
    text: / slow$/u,
    reply: ({ lastUserText }) => answerTo(lastUserText),
    fault: { kind: "slow_drip", tokenDelayMs: slowTokenMs },
  },
  { reply: ({ lastUserText }) => answerTo(lastUserText) },
];

/** Long answers have two parts, each of which fills a message. */
function answerTo(question: string): string {
  const [, number = "none", kind] = /q-(\d{6}) ?(\w*)/u.exec(question) ?? [];
  const filler = "Ответ на вопрос, an answer to a question. ";
  if (kind === "slow") return `a-${number} ${filler.repeat(4)}`;
  if (kind !== "long") return `**a-${number}** ${filler}`;
  return [1, 2].map((part) => `a-${number}-${part} ${filler.repeat(65)}`).join("\n\n");
}

/** What was found in each text: all that stands in a chat is looked at again with every look. */
const contents = new Map<string, readonly string[]>();

/** The contents a text holds. */
export function contentsOf(text: string): readonly string[] {
  const found = contents.get(text) ?? findContents(text);
  contents.set(text, found);
  return found;
}

function findContents(text: string): readonly string[] {
  const numbered = text.match(/a-\d{6}(?:-\d)?/gu);
  if (numbered !== null) return numbered;
  return Object.entries(ownAnswers).flatMap(([name, words]) => (words.test(text) ? [name] : []));
}

/** The contents of a lane's messages; what is reported stands for the slow answers that are missing, in their order. */
export function contentsIn({ owed, slow }: Lane, texts: readonly string[]): readonly string[] {
  const shown = texts.flatMap(contentsOf);
  const missing = owed.filter((content) => slow.has(content) && !shown.includes(content));
  return shown.map((content) => (content === "reported" ? (missing.shift() ?? content) : content));
}

/** The people of a plan and what they write. */
export class People {
  readonly #telegram: TelegramEmulator;
  readonly #plan: WorldPlan;
  readonly #random: () => number;
  readonly lanes: readonly Lane[] = makeLanes();
  said = 0;
  /** Of these, for the model. */
  questions = 0;

  constructor(telegram: TelegramEmulator, plan: WorldPlan) {
    this.#telegram = telegram;
    this.#plan = plan;
    this.#random = seeded(plan.seed);
  }

  get waiting(): number {
    return this.lanes.reduce((sum, { waiting }) => sum + waiting.size, 0);
  }

  /** Writes until `upTo` messages are written, or people have enough to wait for. */
  speak(upTo: number): void {
    const room = Math.min(upTo, this.#plan.updates) - this.said;
    for (let count = Math.min(room, waitingMax - this.waiting); count > 0; count -= 1) {
      const free = this.lanes.filter(({ waiting }) => waiting.size < laneWaitingMax);
      const lane = free[Math.floor(this.#random() * free.length)];
      if (lane === undefined) return;
      this.#say(lane);
    }
  }

  #say(lane: Lane): void {
    const number = String(this.said).padStart(6, "0");
    const person = this.#telegram.person({
      id: lane.people[Math.floor(this.#random() * lane.people.length)] ?? 1,
    });
    this.said += 1;
    const isPrivate = lane.chat > 0;
    const options = isPrivate
      ? {}
      : {
          chat: this.#telegram.group({ id: lane.chat }),
          ...(lane.thread === undefined ? {} : { thread: lane.thread }),
        };
    const kind = this.#kindOf(isPrivate);
    if (kind === "help") person.say("/help", options);
    else if (kind === "unreadable")
      person.say("", { ...options, extra: { dice: { emoji: "🎲", value: 6 } } });
    else {
      this.questions += 1;
      const name = isPrivate ? "" : "@adyton_bot ";
      const word = this.said % 2 === 0 ? "вопрос" : "question";
      person.say(`${name}${word} q-${number} ${kind}`.trim(), options);
    }
    if (kind === "long") for (const part of [1, 2]) owe(lane, `a-${number}-${part}`);
    else owe(lane, kind === "help" || kind === "unreadable" ? kind : `a-${number}`);
    if (kind === "slow") lane.slow.add(`a-${number}`);
  }

  /** Of the present message. */
  #kindOf(isPrivate: boolean): "help" | "unreadable" | "long" | "slow" | "" {
    if (isPrivate && this.said % commandEvery === 0) return "help";
    if (isPrivate && this.said % unreadableEvery === 0) return "unreadable";
    if (this.said % longEvery === 0) return "long";
    return this.said % slowEvery === 0 ? "slow" : "";
  }
}

/** Contents that say the same each time are told apart by their place in the lane. */
function owe(lane: Lane, content: string): void {
  lane.owed.push(content);
  const seen = lane.owed.filter((each) => each === content).length;
  lane.waiting.add(`${content} ${seen}`);
}

function makeLanes(): readonly Lane[] {
  const lane = (chat: number, thread: number | undefined, people: readonly number[]): Lane => ({
    chat,
    thread,
    people,
    owed: [],
    slow: new Set(),
    waiting: new Set(),
  });
  const everybody = Array.from({ length: peopleCount }, (_, at) => at + 1);
  const inGroup = (at: number): number[] => everybody.filter((id) => id % groupIds.length === at);
  return [
    ...everybody.map((id) => lane(id, undefined, [id])),
    ...groupIds.flatMap((chat, at) =>
      at < forumsCount
        ? Array.from({ length: topicsOfForum }, (_, topic) => lane(chat, topic + 2, inGroup(at)))
        : [lane(chat, undefined, inGroup(at))],
    ),
  ];
}
