import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { startTelegramEmulator } from "@adyton/emulators";
import { type BotFault, pollMsMax } from "./bot-fault.ts";
import type { FaultyBot } from "./faulty-bot.ts";

const shut = (bot: FaultyBot) => bot.way.set({ kind: "shut" });

const open = (bot: FaultyBot) => bot.way.set({ kind: "open" });

/** What lies between the node and the messenger. */
export const wayFaults: readonly BotFault[] = [
  {
    name: "connections are taken and never answered",
    begin: ({ way }) => way.set({ kind: "black_hole" }),
    end: open,
    alarm: { kind: "door", why: /does not answer \(ETIMEDOUT/u, withinMs: pollMsMax },
    isLong: true,
    healMsMax: 16_000,
  },
  {
    name: "answers drip byte by byte",
    begin: async (each) => {
      await each.way.set({ kind: "drip", everyMs: 400 });
      each.way.cut();
    },
    end: open,
    alarm: { kind: "door", why: /ETIMEDOUT/u, withinMs: pollMsMax },
    isLong: true,
    healMsMax: 16_000,
  },
  {
    name: "large answers do not come through",
    begin: ({ way }) => way.set({ kind: "stall", afterBytes: 1_200 }),
    end: open,
    question: "во время ".repeat(400),
    alarm: { kind: "door", why: /ETIMEDOUT/u, withinMs: pollMsMax },
    isLong: true,
    healMsMax: 16_000,
  },
  {
    name: "connections are cut in the middle of answers",
    begin: (each) => {
      each.telegram.setFaults([{ kind: "cut", afterBytes: 95, methods: ["getUpdates"] }]);
      each.telegram.breakConnections();
    },
    end: ({ telegram }) => telegram.setFaults([]),
    alarm: { kind: "door", why: /does not answer \(ECONNRESET/u, withinMs: 5_000 },
    healMsMax: 10_000,
  },
  {
    name: "the way goes up and down",
    begin: async (each, stack) => {
      const end = new AbortController();
      stack.defer(() => end.abort());
      await shut(each);
      void (async () => {
        for (let round = 0; !end.signal.aborted; round += 1) {
          await delay(700);
          if (!end.signal.aborted) await (round % 2 === 0 ? open(each) : shut(each));
        }
      })();
    },
    end: async (each, stack) => {
      await stack.disposeAsync();
      await delay(800);
      await open(each);
    },
    alarm: { kind: "door", why: /ECONNRE/u, withinMs: 5_000 },
    healMsMax: 10_000,
  },
  {
    name: "JSON of something else answers",
    begin: async ({ way }) => {
      await way.set({ kind: "answer", body: '{"ok":true,"result":{"updates":"none"}}' });
      way.cut();
    },
    end: async (each) => {
      await open(each);
      each.way.cut();
    },
    alarm: { kind: "door", why: /STRANGE_ANSWER/u, withinMs: 5_000 },
    healMsMax: 10_000,
  },
  {
    name: "the certificate is wrong",
    settings: (certificates) => ({ certificates }),
    begin: async (each, stack) => {
      const forged = stack.use(
        await startTelegramEmulator({
          tls: each.certificates?.of("forged") ?? assert.fail("it has TLS"),
        }),
      );
      each.target = forged.port;
      each.way.cut();
    },
    end: async (each, stack) => {
      each.target = each.telegram.port;
      await stack.disposeAsync();
    },
    alarm: { kind: "door", why: /certificate is wrong/u, withinMs: 5_000 },
    isLong: true,
    healMsMax: 10_000,
  },
  {
    name: "the relay is dead",
    settings: (certificates) => ({ certificates, isRelayed: true }),
    begin: async (each) => {
      await each.killRelay();
    },
    end: async (each) => void (await each.startRelay()),
    alarm: { kind: "door", why: /ECONNREFUSED/u, withinMs: 5_000 },
    isLong: true,
    healMsMax: 10_000,
  },
  {
    name: "the proxy is dead",
    settings: (certificates) => ({ certificates, proxy: { kind: "socks5" } }),
    begin: ({ proxy }) => proxy[Symbol.asyncDispose](),
    end: (each) => each.startProxy(),
    alarm: { kind: "door", why: /proxy does not answer/u, withinMs: 5_000 },
    isLong: true,
    healMsMax: 10_000,
  },
  {
    name: "the relay is started again",
    settings: (certificates) => ({ certificates, isRelayed: true }),
    begin: async (each) => {
      await each.killRelay();
      await each.startRelay();
    },
    end: () => undefined,
    alarm: { kind: "none" },
    healMsMax: 10_000,
  },
  {
    name: "the way behind the relay is a black hole",
    settings: (certificates) => ({ certificates, isRelayed: true }),
    begin: ({ way }) => way.set({ kind: "black_hole" }),
    end: open,
    alarm: { kind: "door", why: /ETIMEDOUT/u, withinMs: pollMsMax },
    healMsMax: 16_000,
  },
];
