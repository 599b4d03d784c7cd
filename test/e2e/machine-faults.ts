import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startOpenAiEmulator } from "@adyton/emulators";
import { type BotFault, killAndStart } from "./bot-fault.ts";
import { echo, type FaultyBot } from "./faulty-bot.ts";
import { ballastIn, fillDisk, needsRoot, smallDisk } from "./small-disk.ts";

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** Fills the disk, and what the database holds in reserve. */
async function fillJournal({ node }: FaultyBot): Promise<void> {
  for (let id = 0; ; id += 1) {
    fillDisk(node.home);
    const event = {
      specversion: "1.0",
      id: `${id}`,
      source: "/s",
      type: "a.b",
      data: "x".repeat(200_000),
    };
    const { status } = await node.ask("/api/v1/events", { token: node.owner, body: event });
    if (status === 503) return;
  }
}

/** What the machine of the node does, and the model beside it. */
export const machineFaults: readonly BotFault[] = [
  {
    name: "no name server, in the middle of work",
    begin: (each) => {
      each.setMachine({ names: null });
      each.way.cut();
    },
    end: (each) => each.setMachine({}),
    alarm: { kind: "none" },
    healMsMax: 5_000,
  },
  {
    name: "no name server at the start",
    begin: async (each) => {
      each.setMachine({ names: null });
      await killAndStart(each);
    },
    end: (each) => each.setMachine({}),
    alarm: { kind: "door", why: /name cannot be found \(EAI_AGAIN/u, withinMs: 5_000 },
    isLong: true,
    killsNode: true,
    healMsMax: 10_000,
  },
  {
    name: "IPv6 leads nowhere",
    begin: (each) => {
      each.setMachine({ names: { "telegram.test": ["100::1", "127.0.0.1"] } });
      each.way.cut();
    },
    end: () => undefined,
    alarm: { kind: "none" },
    healMsMax: 5_000,
  },
  {
    name: "the server is down while the clock goes back a day",
    begin: async (each) => {
      await each.way.set({ kind: "shut" });
      each.setMachine({ clockMs: -dayMs });
    },
    end: ({ way }) => way.set({ kind: "open" }),
    alarm: { kind: "door", why: /refused \(ECONNREFUSED/u, withinMs: 5_000 },
    isLong: true,
    killsNode: true,
    healMsMax: 10_000,
  },
  {
    name: "the clock goes forward a day",
    begin: (each) => each.setMachine({ clockMs: dayMs }),
    end: (each) => each.setMachine({}),
    alarm: { kind: "none" },
    healMsMax: 5_000,
  },
  {
    name: "the clock goes back a day",
    begin: (each) => each.setMachine({ clockMs: -dayMs }),
    end: (each) => each.setMachine({}),
    alarm: { kind: "none" },
    healMsMax: 5_000,
  },
  {
    name: "offline for a day and an hour",
    begin: ({ way }) => way.set({ kind: "shut" }),
    end: async (each) => {
      // Shortened from a day and an hour of real time.
      each.pass(dayMs + hourMs);
      await each.way.set({ kind: "open" });
    },
    alarm: { kind: "door", why: /ECONNREFUSED/u, withinMs: 5_000 },
    isLong: true,
    losesQuestion: true,
    outageWords: /1 d 1 h/u,
    healMsMax: 10_000,
  },
  {
    name: "ten crashes one after the other",
    begin: async (each) => {
      for (let crash = 0; crash < 10; crash += 1) await killAndStart(each);
    },
    end: () => undefined,
    alarm: { kind: "none" },
    healMsMax: 5_000,
  },
  {
    name: "the machine sleeps for a minute and more",
    begin: async ({ node }) => {
      process.kill(node.pid, "SIGSTOP");
      await delay(65_000);
      process.kill(node.pid, "SIGCONT");
    },
    end: () => undefined,
    alarm: { kind: "none" },
    healMsMax: 15_000,
  },
  {
    name: "the model hangs",
    // Shortened from ten minutes: how long a turn may take.
    settings: () => ({ config: ["turns:", "  wall_seconds: 4"] }),
    begin: ({ model }) => model.setFault({ kind: "timeout" }),
    end: ({ model }) => model.setFault(null),
    alarm: { kind: "told", words: /^(?!echo)/u, withinMs: 15_000 },
    answersOtherwise: true,
    healMsMax: 10_000,
  },
  {
    name: "the model server is down",
    begin: async ({ model }) => model[Symbol.asyncDispose](),
    end: async ({ model }, stack) => {
      stack.use(
        await startOpenAiEmulator({ port: Number(new URL(model.url).port), rules: [echo] }),
      );
    },
    alarm: { kind: "part", name: "model", withinMs: 10_000 },
    answersOtherwise: true,
    healMsMax: 35_000,
  },
  {
    name: "the disk is full",
    skip: needsRoot,
    settings: (_certificates, holding) => ({ home: join(smallDisk(holding), "home") }),
    begin: fillJournal,
    end: ({ node }) => rmSync(ballastIn(node.home)),
    alarm: { kind: "part", name: "journal", withinMs: 10_000 },
    healMsMax: 15_000,
  },
];
