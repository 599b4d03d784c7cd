import type { Bench } from "./figure.ts";

/** Every bench, loaded only in the process that runs it. */
export const benches = {
  install: async () => (await import("./install.ts")).install,
  start: async () => (await import("./start.ts")).start,
  memory: async () => (await import("./memory.ts")).memory,
  journal: async () => (await import("./journal.ts")).journal,
  turn: async () => (await import("./turn.ts")).turn,
  events: async () => (await import("./events.ts")).events,
  loop: async () => (await import("./loop.ts")).loop,
  restart: async () => (await import("./restart.ts")).restart,
  forget: async () => (await import("./forget.ts")).forget,
  failover: async () => (await import("./failover.ts")).failover,
  workers: async () => (await import("./workers.ts")).workers,
  sockets: async () => (await import("./sockets.ts")).sockets,
  relay: async () => (await import("./relay.ts")).relay,
  spool: async () => (await import("./spool.ts")).spool,
  exit: async () => (await import("./exit.ts")).exit,
  telegram: async () => (await import("./telegram.ts")).telegram,
  search: async () => (await import("./search.ts")).search,
  facts: async () => (await import("./facts.ts")).facts,
  fold: async () => (await import("./fold.ts")).fold,
  morphology: async () => (await import("./morphology.ts")).morphology,
  embedded: async () => (await import("./embedded.ts")).embedded,
} as const satisfies Record<string, () => Promise<Bench>>;

export type BenchName = keyof typeof benches;

export const isBenchName = (name: string): name is BenchName => Object.hasOwn(benches, name);
