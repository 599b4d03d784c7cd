/** What people do in the world of a chaos run, and who they are. The same plan gives the same people and words. */
export interface WorldPlan {
  readonly seed: number;
  readonly updates: number;
  /** Speaks TLS with these. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
}

/** People with private chats, by numbers from 1; the first two own the node. */
export const peopleCount = 160;
export const ownersCount = 2;
export const groupIds: readonly number[] = Array.from({ length: 16 }, (_, at) => -100 - at);
/** Of the groups, those with topics. */
export const forumsCount = 6;
export const topicsOfForum = 4;
/** The node's language, in which the bot speaks of itself. */
export const language = "ru";

export interface OpenWorld {
  readonly kind: "open";
  readonly apiRoot: string;
  readonly port: number;
  readonly token: string;
  /** The model server's address. */
  readonly model: string;
}

/** When a process was killed, by the clock that all processes of a run have. */
export interface Kill {
  readonly name: "core" | "relay";
  readonly ms: number;
}

/** What was said so far, and how much of it is answered. */
export interface Progress {
  readonly kind: "progress";
  readonly said: number;
  readonly answered: number;
  /** Everything is answered, or nothing was for a long time, and the bot has stopped to send. */
  readonly isOver: boolean;
}

/** Something that went wrong before the eyes of people. */
export interface Fault {
  readonly what: "lost" | "doubled" | "disordered" | "strange";
  readonly content: string;
  readonly chat: number;
}

/** What people saw, and what the messenger's journal of calls says. */
export interface WorldReport {
  readonly kind: "report";
  readonly said: number;
  /** Of what was said, what the model had to answer. */
  readonly questions: number;
  /** The faults, and the story of the first. */
  readonly faults: readonly Fault[];
  readonly story: readonly string[];
  /** Answers in whose place people were told that the node had stopped. */
  readonly reported: number;
  /** Messages without content that were left behind, and those that announce an answer. */
  readonly placeholders: number;
  readonly announcements: number;
  /** Calls by method, and strikes by method and kind. */
  readonly calls: Readonly<Record<string, number>>;
  readonly strikes: Readonly<Record<string, number>>;
  /** By method: answers were cut after 0 bytes, after 1, and so on up to so many, without a gap. */
  readonly cutUpTo: Readonly<Record<string, number>>;
  /** What became of the times the bot was told to wait. Of some it knows nothing, by the kill of a process. */
  readonly waits: {
    readonly kept: number;
    readonly killed: number;
    /** Each in words. */
    readonly broken: readonly string[];
  };
  /** Updates that were given once more after they were confirmed. */
  readonly repeated: number;
  /** Updates that got a lower number than those before them. */
  readonly renumbered: number;
}

export type FromWorld = OpenWorld | Progress | WorldReport;

export type ToWorld =
  /** So many may be said by now. */
  | { readonly kind: "allow"; readonly upTo: number }
  /** Asks for the report, and tells who was killed. */
  | { readonly kind: "report"; readonly kills: readonly Kill[] };

/** Park and Miller's generator: a run can be repeated from its seed. */
export function seeded(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
