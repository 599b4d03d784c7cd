import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { BotFault as WireFault } from "../../packages/emulators/src/telegram/bot-fault.ts";
import { type BotFault, killAndStart } from "./bot-fault.ts";
import type { FaultyBot } from "./faulty-bot.ts";

const all = (fault: WireFault) => (bot: FaultyBot) => bot.telegram.setFaults([fault]);

const clear = (bot: FaultyBot): void => bot.telegram.setFaults([]);

/** Asks for the bot's messages beside the node, as a second program with its token does. */
async function compete({ telegram }: FaultyBot, signal: AbortSignal): Promise<void> {
  while (!signal.aborted)
    try {
      await fetch(`${telegram.apiRoot}/bot${telegram.token}/getUpdates`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ timeout: 25 }),
        signal,
      });
      await delay(300, undefined, { signal });
    } catch {
      // The end of it.
    }
}

function call(method: string, values: object) {
  return async ({ telegram }: FaultyBot): Promise<void> => {
    const answer = await fetch(`${telegram.apiRoot}/bot${telegram.token}/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(values),
    });
    assert.equal(answer.status, 200);
  };
}

/** What the messenger does, and what others do with the bot. */
export const messengerFaults: readonly BotFault[] = [
  {
    name: "a second program polls",
    begin: (each, stack) => {
      const end = new AbortController();
      stack.defer(() => end.abort());
      void compete(each, end.signal);
    },
    end: (_bot, stack) => stack.disposeAsync(),
    alarm: { kind: "door", why: /another program.*409/u, withinMs: 5_000 },
    isLong: true,
    healMsMax: 10_000,
  },
  {
    name: "a webhook is set",
    begin: async (each) => {
      await call("setWebhook", { url: "https://hook.invalid/" })(each);
      each.telegram.breakConnections();
    },
    end: call("deleteWebhook", {}),
    alarm: { kind: "door", why: /webhook.*409/u, withinMs: 5_000 },
    isLong: true,
    healMsMax: 10_000,
  },
  {
    name: "the token is changed",
    begin: ({ telegram }) => {
      telegram.setToken("7000000001:AAnewnewnewnewnewnewnewnewnewnewnew");
      telegram.breakConnections();
    },
    end: (each) => each.writeToken(each.telegram.token),
    alarm: { kind: "door", why: /does not know the token \(401/u, withinMs: 5_000 },
    isLong: true,
    killsNode: true,
    healMsMax: 15_000,
  },
  {
    name: "the messenger answers 401 for a while",
    begin: (each) => {
      all({ kind: "status", status: 401 })(each);
      each.telegram.breakConnections();
    },
    end: clear,
    alarm: { kind: "door", why: /401/u, withinMs: 5_000 },
    healMsMax: 10_000,
  },
  {
    name: "update numbers go backwards",
    begin: ({ telegram }) => telegram.renumberUpdates(7),
    end: () => undefined,
    alarm: { kind: "none" },
    healMsMax: 5_000,
  },
  {
    name: "a web page answers",
    begin: (each) => {
      all({ kind: "html", status: 200 })(each);
      each.telegram.breakConnections();
    },
    end: clear,
    alarm: { kind: "door", why: /not Telegram \(STRANGE_ANSWER/u, withinMs: 5_000 },
    isLong: true,
    healMsMax: 10_000,
  },
  {
    name: "the messenger answers 502",
    begin: (each) => {
      all({ kind: "status", status: 502 })(each);
      each.telegram.breakConnections();
    },
    end: clear,
    alarm: { kind: "door", why: /502/u, withinMs: 5_000 },
    isLong: true,
    healMsMax: 10_000,
  },
  {
    name: "429 for everything",
    begin: (each) => {
      all({ kind: "status", status: 429, retryAfterS: 4 })(each);
      each.telegram.breakConnections();
    },
    end: clear,
    alarm: { kind: "door", why: /asks to wait \(429/u, withinMs: 5_000 },
    isLong: true,
    healMsMax: 10_000,
  },
  {
    name: "the bot's name cannot be asked at the start",
    begin: async (each) => {
      all({ kind: "status", status: 500, methods: ["getMe"] })(each);
      await killAndStart(each);
    },
    end: clear,
    alarm: { kind: "door", why: /500/u, withinMs: 5_000 },
    healMsMax: 10_000,
  },
  {
    name: "the bot hears and cannot speak",
    begin: all({ kind: "status", status: 502, methods: ["sendMessage", "editMessageText"] }),
    end: clear,
    alarm: { kind: "door", why: /502/u, withinMs: 30_000 },
    isLong: true,
    healMsMax: 10_000,
  },
  {
    name: "an update is no update",
    begin: ({ telegram }) =>
      void telegram.push("message", { message_id: 1, chat: null, from: { id: 1 }, text: 5 }),
    end: () => undefined,
    alarm: { kind: "told", words: /passed it over/u, withinMs: 20_000 },
    answersOtherwise: true,
    healMsMax: 5_000,
  },
  {
    name: "updates are larger than an answer may be",
    begin: (each) => {
      const { telegram } = each;
      for (let number = 0; number < 5; number += 1)
        telegram.push("edited_message", { text: "x".repeat(4 * 1024 * 1024) });
    },
    end: () => undefined,
    alarm: { kind: "none" },
    healMsMax: 10_000,
  },
];
