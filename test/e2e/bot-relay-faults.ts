import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemClock } from "@adyton/runtime/clock";
import { LinkClient } from "../../packages/core/src/adapters/telegram/link-client.ts";
import { dialRelay } from "../../packages/core/src/adapters/telegram/link-fetch.ts";
import { otherVersionStatus } from "../../packages/protocol/src/link-limits.ts";
import type { SpoolLimits } from "../../packages/relay/src/spool/spool-folder.ts";
import { type BotFault, killAndStart, pollMsMax } from "./bot-fault.ts";
import type { FaultyBot } from "./faulty-bot.ts";
import { fillDisk, needsRoot, smallDisk } from "./small-disk.ts";

const hourMs = 3_600_000;
/** A cut ends the node's side of a session after 20 seconds. */
const cutMsMax = 25_000;
/** The process of the node starts in it. */
const startMsMax = 15_000;

type Settings = NonNullable<BotFault["settings"]>;

const alone: Settings = (certificates) => ({ certificates, botRelay: {} });

const withSpool =
  (limits: Partial<SpoolLimits> = {}): Settings =>
  (certificates, holding) => {
    const folder = mkdtempSync(join(tmpdir(), "adyton-faulty-spool-"));
    holding.defer(() => rmSync(folder, { recursive: true }));
    return { certificates, botRelay: { spool: join(folder, "spool"), limits } };
  };

/** The node is gone, and the relay knows it at once: it would wait a minute for a node that was cut off. */
async function leave({ node, botRelay }: FaultyBot): Promise<void> {
  await node.kill();
  await botRelay.restart();
}

const spooled = (bot: FaultyBot, count: number): Promise<void> =>
  bot.time().until(`${count} are kept`, () => bot.botRelay.spooled >= count, 20_000);

/** Everything was answered once, in the order in which it was said. */
const inOrder =
  (...said: readonly string[]) =>
  ({ shown }: FaultyBot): void => {
    const wanted = ["before", ...said, "during", "after"].map((text) => `echo ${text}`);
    const seen = shown.filter((text) => text.startsWith("echo"));
    if (seen.join() !== wanted.join()) throw new Error(`answered: ${seen.join()}`);
  };

const dead: BotFault = {
  name: "the relay that runs the bot is dead",
  settings: alone,
  begin: ({ botRelay }) => botRelay.process.kill(),
  end: ({ botRelay }) => botRelay.process.start(),
  alarm: { kind: "door", why: /does not answer \(RELAY_ECONNRE/u, withinMs: cutMsMax },
  isLong: true,
  healMsMax: 10_000,
};

const restarted: BotFault = {
  name: "the relay that runs the bot is started again",
  settings: alone,
  begin: ({ botRelay }) => botRelay.restart(),
  end: () => undefined,
  alarm: { kind: "none" },
  healMsMax: 10_000,
};

/** What the messenger answers the relay is told as it would be to the node itself. */
const answers = (status: number, why: RegExp): BotFault => ({
  name: `the messenger answers the relay ${status}`,
  settings: alone,
  begin: ({ telegram }) => {
    telegram.setFaults([{ kind: "status", status, retryAfterS: 4 }]);
    telegram.breakConnections();
  },
  end: ({ telegram }) => telegram.setFaults([]),
  alarm: { kind: "door", why, withinMs: 5_000 },
  healMsMax: 10_000,
});

/** The link between the node and the relay that runs the bot, its two keys, and the two machines. */
const linkFaults: readonly BotFault[] = [
  dead,
  { ...dead, name: `${dead.name}, with a spool`, settings: withSpool() },
  restarted,
  { ...restarted, name: `${restarted.name}, with a spool`, settings: withSpool() },
  {
    name: "the link's port is shut",
    settings: alone,
    begin: ({ botRelay }) => botRelay.link.set({ kind: "shut" }),
    end: ({ botRelay }) => botRelay.link.set({ kind: "open" }),
    alarm: { kind: "door", why: /RELAY_ECONNREFUSED/u, withinMs: cutMsMax },
    healMsMax: 10_000,
  },
  {
    name: "the link takes everything and passes nothing on",
    settings: alone,
    begin: ({ botRelay }) => botRelay.link.set({ kind: "black_hole" }),
    end: ({ botRelay }) => botRelay.link.set({ kind: "open" }),
    alarm: { kind: "door", why: /does not answer/u, withinMs: pollMsMax },
    isLong: true,
    healMsMax: 20_000,
  },
  {
    name: "the way behind the relay that runs the bot is a black hole",
    settings: alone,
    begin: ({ way }) => way.set({ kind: "black_hole" }),
    end: ({ way }) => way.set({ kind: "open" }),
    alarm: { kind: "door", why: /ETIMEDOUT/u, withinMs: pollMsMax },
    healMsMax: 16_000,
  },
  {
    name: "the relay has another key",
    settings: alone,
    begin: async ({ botRelay }, stack) => {
      const { keyFile } = botRelay.process;
      const right = readFileSync(keyFile);
      stack.defer(() => writeFileSync(keyFile, right));
      writeFileSync(keyFile, randomBytes(32).toString("hex"));
      await botRelay.restart();
    },
    end: async ({ botRelay }, stack) => {
      await stack.disposeAsync();
      await botRelay.restart();
    },
    alarm: { kind: "door", why: /another key than this node \(RELAY_KEY/u, withinMs: cutMsMax },
    isLong: true,
    healMsMax: 10_000,
  },
  {
    name: "the node has another key than the relay",
    settings: alone,
    begin: async (each) => {
      each.botRelay.giveNodeAnotherKey();
      await killAndStart(each);
    },
    end: ({ botRelay }) => botRelay.giveNodeTheKey(),
    alarm: { kind: "door", why: /another key than this node \(RELAY_KEY/u, withinMs: startMsMax },
    isLong: true,
    healMsMax: 10_000,
  },
  {
    name: "the relay is of another version",
    settings: alone,
    begin: async ({ botRelay }, stack) => {
      const other = createServer().on("upgrade", (_request, socket) => {
        socket.on("error", () => socket.destroy());
        socket.end(`HTTP/1.1 ${otherVersionStatus} Upgrade Required\r\nConnection: close\r\n\r\n`);
      });
      stack.defer(() => void other.close());
      await once(other.listen(0, "127.0.0.1"), "listening");
      const bound = other.address();
      botRelay.target = typeof bound === "object" && bound !== null ? bound.port : 0;
      botRelay.link.cut();
    },
    end: async ({ botRelay }, stack) => {
      botRelay.target = botRelay.process.port;
      await stack.disposeAsync();
    },
    alarm: { kind: "door", why: /another version.*\(RELAY_VERSION/u, withinMs: cutMsMax },
    healMsMax: 10_000,
  },
  {
    name: "a second node with the same key takes the relay",
    settings: alone,
    begin: ({ botRelay }, stack) => {
      const { keyFile, port } = botRelay.process;
      const key = { reveal: () => readFileSync(keyFile, "utf8") };
      const dial = dialRelay.bind(undefined, { host: "127.0.0.1", port });
      stack.use(new LinkClient({ dial, key, clock: systemClock })).start();
    },
    end: (_bot, stack) => stack.disposeAsync(),
    alarm: { kind: "door", why: /another node .*\(RELAY_REPLACED/u, withinMs: 5_000 },
    isLong: true,
    healMsMax: 40_000,
    // It waits half a minute, looks for as long whether it is alone, and polls once more.
    readyMsMax: 105_000,
  },
  {
    name: "the token on the relay is revoked",
    settings: alone,
    begin: ({ telegram }) => {
      telegram.setToken("7000000001:AAnewnewnewnewnewnewnewnewnewnewnew");
      telegram.breakConnections();
    },
    end: ({ telegram, botRelay }) => writeFileSync(botRelay.process.tokenFile, telegram.token),
    alarm: { kind: "door", why: /does not know the token \(401/u, withinMs: 5_000 },
    isLong: true,
    healMsMax: 15_000,
  },
  answers(409, /another program.*409/u),
  answers(429, /asks to wait \(429/u),
  answers(502, /502/u),
  {
    name: "the relay's clock is five hours ahead",
    settings: alone,
    begin: async (each) => {
      each.botRelay.setMachine({ clockMs: 5 * hourMs });
      await killAndStart(each);
    },
    end: ({ botRelay }) => botRelay.setMachine({}),
    alarm: { kind: "part", name: "clock", withinMs: startMsMax, isReady: true },
    healMsMax: 5_000,
  },
];

/** What a relay keeps while its node is away. */
const spoolFaults: readonly BotFault[] = [
  {
    name: "the node is away for a day and an hour, with a spool",
    settings: withSpool(),
    begin: async (each) => {
      await leave(each);
      for (const text of ["first", "второй"]) each.say(text);
      await spooled(each, 2);
      await each.time().until("the messenger has none", () => each.telegram.pending === 0, 20_000);
    },
    end: async (each) => {
      await spooled(each, 3);
      await each.time().until("the messenger has none", () => each.telegram.pending === 0, 20_000);
      // Shortened from a day and an hour of real time.
      each.clockMs += 25 * hourMs;
      await each.node.start();
    },
    alarm: { kind: "relay", words: /no node is there/u, withinMs: startMsMax },
    healMsMax: 20_000,
    check: inOrder("first", "второй"),
  },
  {
    name: "the spool is full",
    settings: withSpool({ recordsMax: 2 }),
    begin: async (each) => {
      await leave(each);
      for (const text of ["first", "второй"]) each.say(text);
      await spooled(each, 2);
    },
    end: ({ node }) => node.start(),
    alarm: { kind: "relay", words: /the spool is full/u, withinMs: startMsMax },
    healMsMax: 20_000,
    check: inOrder("first", "второй"),
  },
  {
    name: "the relay's disk is full",
    skip: needsRoot,
    settings: (certificates, holding) => ({
      certificates,
      botRelay: { spool: join(smallDisk(holding), "spool") },
    }),
    begin: async (each) => {
      await leave(each);
      fillDisk(each.botRelay.spool);
    },
    // It stays full: the messenger has kept what the relay could not.
    end: ({ node }) => node.start(),
    alarm: { kind: "relay", words: /the spool has failed .*ENOSPC/u, withinMs: startMsMax },
    healMsMax: 20_000,
    check: inOrder(),
  },
  {
    name: "what waits in the spool grows too old",
    settings: withSpool({ ageMsMax: 1_000 }),
    begin: async (each) => {
      await leave(each);
      for (const text of ["lost", "потеряно"]) each.say(text);
      await spooled(each, 2);
      await delay(1_100);
      await each.node.start();
    },
    end: () => undefined,
    alarm: { kind: "told", words: /2 messages grew too old/u, withinMs: 2 * startMsMax },
    answersOtherwise: true,
    healMsMax: 10_000,
  },
];

export const botRelayFaults: readonly BotFault[] = [...linkFaults, ...spoolFaults];
